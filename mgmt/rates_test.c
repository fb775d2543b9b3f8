#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "mgmt/handmade.h"
#include "mgmt/rates.h"

#define MS GW_NS_PER_MS

struct rates_fixture {
	struct handmade made;
	struct rates *rates;
	int64_t now;
};

static int set_up(void **state)
{
	struct rates_fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	f->rates = rates_create(&f->made.gw);
	f->now = gw_now();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct rates_fixture *f = *state;

	rates_destroy(f->rates);
	handmade_close(&f->made);
	free(f);
	return 0;
}

/* Lets time pass with a frame of 10 packets of 1000 bytes every `period`; notes once a second. */
static void play(struct rates_fixture *f, int64_t duration, int64_t period)
{
	struct gw_camera_stats *rx = handmade_stats(&f->made, GW_STAGE_RX, 0);
	int64_t next_note = f->now + 1000 * MS;

	for (int64_t end = f->now + duration; f->now < end;) {
		f->now += period;
		gw_counter_add(&rx->packets, 10);
		gw_counter_add(&rx->bytes, 10000);
		gw_counter_add(&rx->frames_out, 1);
		gw_counter_set(&rx->last_frame, (uint64_t)f->now);
		if (f->now >= next_note) {
			rates_note(f->rates, f->now);
			next_note += 1000 * MS;
		}
	}
}

static void a_camera_that_never_sent_is_silent(void **state)
{
	struct rates_fixture *f = *state;
	struct camera_rates rates = rates_camera(f->rates, 0, f->now + 5000 * MS);

	assert_int_equal(rates.state, CAMERA_SILENT);
	assert_int_equal(rates.last_frame_age_ms, -1);
	assert_float_equal(rates.fps, 0, 0);
	assert_string_equal(camera_state_name(rates.state), "silent");
}

static void a_steady_camera_shows_its_exact_rate(void **state)
{
	struct rates_fixture *f = *state;

	play(f, 5000 * MS, 40 * MS);
	/* Whenever one looks, not only when a frame has just come. */
	for (int64_t later = 0; later < 39; later += 13) {
		struct camera_rates rates = rates_camera(f->rates, 0, f->now + later * MS);

		assert_int_equal(rates.state, CAMERA_LIVE);
		assert_float_equal(rates.fps, 25, 0.01);
		assert_float_equal(rates.mbps, 25 * 10000 * 8 / 1e6, 0.1);
		assert_float_equal(rates.packets_per_s, 250, 10);
		assert_int_equal(rates.last_frame_age_ms, later);
	}
	assert_int_equal(rates_camera(f->rates, 1, f->now).state, CAMERA_SILENT);
}

static void a_camera_that_stops_is_stalled_after_two_seconds(void **state)
{
	struct rates_fixture *f = *state;

	play(f, 3000 * MS, 40 * MS);
	assert_int_equal(rates_camera(f->rates, 0, f->now + 1999 * MS).state, CAMERA_LIVE);
	for (int i = 1; i <= 3; i++)
		rates_note(f->rates, f->now + i * 1000 * MS);
	struct camera_rates rates = rates_camera(f->rates, 0, f->now + 3500 * MS);

	assert_int_equal(rates.state, CAMERA_STALLED);
	assert_float_equal(rates.fps, 0, 0);
	assert_float_equal(rates.mbps, 0, 0);
	assert_int_equal(rates.last_frame_age_ms, 3500);
}

static void a_slow_camera_is_live_for_five_of_its_periods(void **state)
{
	struct rates_fixture *f = *state;

	play(f, 20000 * MS, 4000 * MS);
	assert_int_equal(rates_camera(f->rates, 0, f->now + 19000 * MS).state, CAMERA_LIVE);
	assert_int_equal(rates_camera(f->rates, 0, f->now + 21000 * MS).state, CAMERA_STALLED);
	/* Between two of its frames it still has its rate. */
	assert_float_equal(rates_camera(f->rates, 0, f->now + 2000 * MS).fps, 0.25, 0.001);
}

static void drops_of_frames_have_a_rate_wherever_they_happen(void **state)
{
	struct rates_fixture *f = *state;

	play(f, 2000 * MS, 40 * MS);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 0)->drops[GW_DROP_NO_SLOT], 6);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_SINK, 0)->drops[GW_DROP_SINK_FULL], 4);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 0)->drops[GW_DROP_LATE], 100);
	assert_float_equal(rates_camera(f->rates, 0, f->now + 1000 * MS).dropped_per_s, 10, 0.5);
}

static void the_next_camera_of_a_slot_begins_at_nothing(void **state)
{
	struct rates_fixture *f = *state;

	play(f, 3000 * MS, 40 * MS);
	for (int i = 0; i < GW_STAGES; i++)
		if (f->made.gw.stages[i].lane_count > 0)
			gw_lane_stats_retire(f->made.gw.stages[i].lanes[0].stats, 0);
	struct camera_rates rates = rates_camera(f->rates, 0, f->now);

	assert_int_equal(rates.state, CAMERA_SILENT);
	assert_true(rates.fps == 0 && rates.mbps == 0 && rates.packets_per_s == 0);
	play(f, 80 * MS, 40 * MS);
	rates = rates_camera(f->rates, 0, f->now);
	assert_int_equal(rates.state, CAMERA_LIVE);
	assert_true(rates.packets_per_s > 0 && rates.packets_per_s < 1000);
}

static void busy_is_the_share_of_turns_since_the_last_reading(void **state)
{
	struct rates_fixture *f = *state;
	struct gw_lane_stats *stats = f->made.gw.stages[GW_STAGE_DECODE].lanes[0].stats;

	assert_float_equal(rates_busy(f->rates, GW_STAGE_DECODE), 0, 0);
	gw_counter_add(&stats->turns, 1000);
	gw_counter_add(&stats->busy_turns, 250);
	assert_float_equal(rates_busy(f->rates, GW_STAGE_DECODE), 0.25, 0.001);
	assert_float_equal(rates_busy(f->rates, GW_STAGE_RX), 0, 0);
}

static void *burn(void *arg)
{
	const _Atomic bool *stop = arg;

	pthread_setname_np(pthread_self(), "decode-7");
	while (!*stop)
		;
	return NULL;
}

static void processor_time_counts_the_threads_of_a_stage(void **state)
{
	struct rates_fixture *f = *state;
	static _Atomic bool stop;
	pthread_t threads[2];

	stop = false;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, burn, &stop);
	usleep(50000);
	rates_note(f->rates, gw_now());
	usleep(300000);
	rates_note(f->rates, gw_now());
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	/* The machine may be loaded: at least some of it, at most both processors. */
	double share = rates_processor(f->rates, GW_STAGE_DECODE);
	assert_true(share > 0.1);
	assert_true(share < 2.1);
	assert_float_equal(rates_processor(f->rates, GW_STAGE_RX), 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_camera_that_never_sent_is_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_steady_camera_shows_its_exact_rate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_camera_that_stops_is_stalled_after_two_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_slow_camera_is_live_for_five_of_its_periods, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			drops_of_frames_have_a_rate_wherever_they_happen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_next_camera_of_a_slot_begins_at_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			busy_is_the_share_of_turns_since_the_last_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			processor_time_counts_the_threads_of_a_stage, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
