#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/clock.h"
#include "mgmt/audit.h"
#include "mgmt/handmade.h"

static int set_up(void **state)
{
	struct handmade *made = malloc(sizeof(*made));

	handmade_open(made);
	*state = made;
	return 0;
}

static int tear_down(void **state)
{
	handmade_close(*state);
	free(*state);
	return 0;
}

static void drop(struct handmade *made, enum gw_stage_index stage, uint32_t camera,
	enum gw_drop reason, uint64_t count)
{
	gw_counter_add(&handmade_stats(made, stage, camera)->drops[reason], count);
}

/* 100 packets: 90 used. 20 frames: 3 in slots, 2 dropped, 4 results wait, 12 are delivered; one of
 * the slots only holds a sample. */
static void play(struct handmade *made)
{
	struct gw_camera_stats *rx = handmade_stats(made, GW_STAGE_RX, 0);
	struct gw_camera_stats *sink = handmade_stats(made, GW_STAGE_SINK, 0);

	gw_counter_set(&rx->packets, 100);
	gw_counter_set(&rx->packets_used, 90);
	drop(made, GW_STAGE_RX, 0, GW_DROP_DUPLICATE, 7);
	drop(made, GW_STAGE_RX, 0, GW_DROP_LATE, 3);
	gw_counter_set(&rx->frames_in, 20);
	handmade_hold(made, 0, 3);
	drop(made, GW_STAGE_RX, 0, GW_DROP_INCOMPLETE, 1);
	drop(made, GW_STAGE_SINK, 0, GW_DROP_DECODE_FAILED, 1);
	gw_counter_set(&sink->results_waiting, 4);
	gw_counter_set(&sink->delivered, 12);
	gw_counter_set(&sink->samples, 5);
	gw_counter_set(&sink->samples_delivered, 3);
	gw_counter_set(&sink->samples_held, 1);
	drop(made, GW_STAGE_SINK, 0, GW_DROP_SAMPLE_BUDGET, 1);
	drop(made, GW_STAGE_RX, GW_UNMATCHED, GW_DROP_NOT_IP, 6);
	gw_counter_set(&handmade_stats(made, GW_STAGE_RX, GW_UNMATCHED)->packets, 6);
}

static void a_gateway_that_did_nothing_is_balanced(void **state)
{
	struct handmade *made = *state;
	struct audit *audit = audit_run(&made->gw, 1);

	assert_true(audit->balanced);
	assert_int_equal(audit->count, 4);
	free(audit);
}

static void every_term_has_its_place_in_the_equations(void **state)
{
	struct handmade *made = *state;

	play(made);
	struct audit *audit = audit_run(&made->gw, 1);
	struct tally_equation frames = tally_equation(&audit->subject[0].tally[GW_FRAME], GW_FRAME);
	struct tally_equation packets = tally_equation(&audit->total.tally[GW_PACKET], GW_PACKET);
	struct tally_equation samples = tally_equation(&audit->total.tally[GW_SAMPLE], GW_SAMPLE);

	assert_true(audit->balanced);
	assert_int_equal(frames.received, 20);
	assert_int_equal(frames.delivered, 12);
	assert_int_equal(frames.dropped, 2);
	assert_int_equal(frames.in_flight, 3 + 4 - 1);
	assert_int_equal(packets.received, 106);
	assert_int_equal(packets.dropped, 16);
	assert_int_equal(samples.in_flight, 1);
	assert_int_equal(samples.dropped, 1);
	free(audit);
}

/* Negative control: one unit too many or too few anywhere is found, in that camera, in that unit.
 */
static void one_lost_unit_anywhere_is_found(void **state)
{
	struct handmade *made = *state;
	struct gw_camera_stats *rx = handmade_stats(made, GW_STAGE_RX, 0);
	struct gw_camera_stats *sink = handmade_stats(made, GW_STAGE_SINK, 0);
	const struct {
		struct gw_counter *counter;
		enum gw_unit unit;
	} leaks[] = {
		{&rx->packets, GW_PACKET},
		{&rx->packets_used, GW_PACKET},
		{&rx->drops[GW_DROP_LATE], GW_PACKET},
		{&rx->frames_in, GW_FRAME},
		{&sink->delivered, GW_FRAME},
		{&sink->results_waiting, GW_FRAME},
		{&sink->results_spooled, GW_FRAME},
		{&sink->drops[GW_DROP_SHUTDOWN], GW_FRAME},
		{&sink->samples, GW_SAMPLE},
		{&sink->samples_delivered, GW_SAMPLE},
		{&sink->samples_spooled, GW_SAMPLE},
	};

	play(made);
	for (size_t i = 0; i < sizeof(leaks) / sizeof(leaks[0]); i++) {
		uint64_t right = gw_counter_get(leaks[i].counter);

		gw_counter_set(leaks[i].counter, right + 1);
		struct audit *audit = audit_run(&made->gw, 2);
		assert_false(audit->balanced);
		for (int unit = 0; unit < API_UNITS; unit++) {
			assert_int_equal(
				audit->subject[0].balanced[unit], unit != (int)leaks[i].unit);
			assert_int_equal(audit->total.balanced[unit], unit != (int)leaks[i].unit);
		}
		assert_true(audit->subject[1].balanced[leaks[i].unit]);
		free(audit);
		gw_counter_set(leaks[i].counter, right);
	}
}

static void a_slot_that_never_came_back_is_found(void **state)
{
	struct handmade *made = *state;

	play(made);
	handmade_hold(made, 1, 1);
	struct audit *audit = audit_run(&made->gw, 2);
	assert_false(audit->balanced);
	assert_true(audit->subject[0].balanced[GW_FRAME]);
	assert_false(audit->subject[1].balanced[GW_FRAME]);
	free(audit);
}

static void two_leaks_do_not_hide_each_other(void **state)
{
	struct handmade *made = *state;

	gw_counter_set(&handmade_stats(made, GW_STAGE_RX, 0)->frames_in, 1);
	gw_counter_set(&handmade_stats(made, GW_STAGE_SINK, 1)->delivered, 1);
	struct audit *audit = audit_run(&made->gw, 2);
	struct tally_equation total = tally_equation(&audit->total.tally[GW_FRAME], GW_FRAME);

	assert_true(tally_balanced(&total));
	assert_false(audit->total.balanced[GW_FRAME]);
	assert_false(audit->balanced);
	free(audit);
}

static void a_drop_counted_for_nobody_is_found(void **state)
{
	struct handmade *made = *state;

	play(made);
	drop(made, GW_STAGE_RX, GW_UNMATCHED, GW_DROP_NO_CAMERA, 1);
	struct audit *audit = audit_run(&made->gw, 2);
	assert_false(audit->balanced);
	assert_false(audit->subject[3].balanced[GW_PACKET]);
	free(audit);
}

static struct {
	struct handmade *made;
	_Atomic bool stop;
} motion;

/* Counts like a receive thread: in between, a packet is on neither side. */
static void *count_packets(void *arg)
{
	struct gw_camera_stats *rx = handmade_stats(motion.made, GW_STAGE_RX, 0);
	struct timespec between = {.tv_nsec = 100000};

	while (!motion.stop) {
		gw_counter_add(&rx->packets, 1);
		for (int64_t end = gw_now() + 20000; gw_now() < end;)
			;
		gw_counter_add(&rx->packets_used, 1);
		nanosleep(&between, NULL);
	}
	return NULL;
}

static void counters_in_motion_are_not_called_a_leak(void **state)
{
	pthread_t thread;

	motion.made = *state;
	motion.stop = false;
	pthread_create(&thread, NULL, count_packets, NULL);
	for (int i = 0; i < 20; i++) {
		struct audit *audit = audit_run(&motion.made->gw, 50);
		assert_true(audit->balanced);
		free(audit);
	}
	/* The same in motion with one packet missing: never balanced. */
	gw_counter_set(&handmade_stats(motion.made, GW_STAGE_RX, 1)->packets, 1);
	struct audit *audit = audit_run(&motion.made->gw, 10);
	motion.stop = true;
	pthread_join(thread, NULL);
	assert_false(audit->balanced);
	free(audit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_gateway_that_did_nothing_is_balanced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			every_term_has_its_place_in_the_equations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_lost_unit_anywhere_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_slot_that_never_came_back_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			two_leaks_do_not_hide_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_drop_counted_for_nobody_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			counters_in_motion_are_not_called_a_leak, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
