/* A camera's last hour, by a clock of the test's own. */
#include "core/test.h"

#include <stdlib.h>

#include "core/clock.h"
#include "mgmt/handmade.h"
#include "mgmt/trends.h"

#define SPAN (TREND_EVERY_S * GW_NS_PER_S)

struct trends_fixture {
	struct handmade made;
	struct trends *trends;
	struct trend trend;
	int64_t now;
};

static int set_up(void **state)
{
	struct trends_fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	f->trends = trends_create(&f->made.gw);
	f->now = GW_NS_PER_S;
	trends_note(f->trends, f->now);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct trends_fixture *f = *state;

	trends_destroy(f->trends);
	handmade_close(&f->made);
	free(f);
	return 0;
}

/* A span passes, as the thread that is called once a second has it. */
static void pass(struct trends_fixture *f)
{
	for (int i = 0; i < TREND_EVERY_S; i++)
		trends_note(f->trends, f->now += GW_NS_PER_S);
}

static void frames(struct trends_fixture *f, uint32_t camera, uint64_t count)
{
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, camera)->frames_out, count);
}

static const struct trend *read_of(struct trends_fixture *f, uint32_t camera)
{
	gw_cameras_hold(&f->made.gw);
	trends_read(f->trends, camera, &f->trend);
	gw_cameras_release(&f->made.gw);
	return &f->trend;
}

static void a_point_is_what_came_within_its_span(void **state)
{
	struct trends_fixture *f = *state;
	struct gw_camera_stats *rx = handmade_stats(&f->made, GW_STAGE_RX, 0);
	struct gw_histogram *latency = &f->made.gw.latency[0]->camera[0];

	assert_int_equal(read_of(f, 0)->count, 0);
	frames(f, 0, 250);
	gw_counter_add(&rx->packets, 990);
	gw_counter_add(&rx->events[GW_EVENT_SEQUENCE_GAP], 10);
	gw_counter_add(&rx->bytes, 2048 * 1024);
	for (int i = 0; i < 90; i++)
		gw_histogram_record(latency, 1000);
	for (int i = 0; i < 10; i++)
		gw_histogram_record(latency, 30000);
	pass(f);
	for (int i = 0; i < 100; i++)
		gw_histogram_record(latency, 5000);
	frames(f, 0, 100);
	pass(f);
	pass(f);
	const struct trend *trend = read_of(f, 0);

	assert_int_equal(trend->count, 3);
	assert_int_equal(trend->took[0], SPAN);
	assert_int_equal(trend->end[2], f->now);
	assert_int_equal(trend->end[2] - trend->end[0], 2 * SPAN);
	assert_int_equal(trend->point[0].frames, 250);
	assert_int_equal(trend->point[0].packets, 990);
	assert_int_equal(trend->point[0].lost, 10);
	assert_int_equal(trend->point[0].kib, 2048);
	assert_in_range(trend->point[0].p50_us, 1000, 1040);
	assert_in_range(trend->point[0].p90_us, 1000, 1040);
	assert_in_range(trend->point[0].p99_us, 30000, 31000);
	/* What was slow before is none of the next one's. */
	assert_int_equal(trend->point[1].frames, 100);
	assert_int_equal(trend->point[1].packets, 0);
	assert_in_range(trend->point[1].p50_us, 5000, 5200);
	assert_in_range(trend->point[1].p99_us, 5000, 5200);
	/* Nothing came to its end. */
	assert_int_equal(trend->point[2].frames, 0);
	assert_int_equal(trend->point[2].p50_us, 0);
	/* The other camera has its own. */
	assert_int_equal(read_of(f, 1)->count, 3);
	assert_int_equal(f->trend.point[0].frames, 0);
}

static void an_hour_is_kept_and_no_more(void **state)
{
	struct trends_fixture *f = *state;

	for (uint64_t i = 1; i <= TREND_POINTS + 20; i++) {
		frames(f, 0, i);
		pass(f);
	}
	const struct trend *trend = read_of(f, 0);

	assert_int_equal(trend->count, TREND_POINTS);
	assert_int_equal(trend->end[TREND_POINTS - 1], f->now);
	for (uint32_t i = 0; i < TREND_POINTS; i++)
		assert_int_equal(trend->point[i].frames, 21 + i);
}

static void a_late_reading_says_how_long_its_span_was(void **state)
{
	struct trends_fixture *f = *state;

	frames(f, 0, 100);
	trends_note(f->trends, f->now += 4 * SPAN);
	assert_int_equal(read_of(f, 0)->count, 1);
	assert_int_equal(f->trend.took[0], 4 * SPAN);
	assert_int_equal(f->trend.point[0].frames, 100);
}

static void count_drop(
	struct trends_fixture *f, enum gw_stage_index stage, enum gw_drop drop, uint64_t count)
{
	gw_counter_add(&handmade_stats(&f->made, stage, 0)->drops[drop], count);
}

static void the_largest_causes_are_told_and_the_others_counted(void **state)
{
	struct trends_fixture *f = *state;

	count_drop(f, GW_STAGE_RX, GW_DROP_LATE, 3);
	count_drop(f, GW_STAGE_RX, GW_DROP_INCOMPLETE, 7);
	count_drop(f, GW_STAGE_SINK, GW_DROP_INCOMPLETE, 2);
	count_drop(f, GW_STAGE_RX, GW_DROP_DUPLICATE, 1);
	count_drop(f, GW_STAGE_RX, GW_DROP_NO_SLOT, 20);
	count_drop(f, GW_STAGE_SINK, GW_DROP_SHED, 5);
	count_drop(f, GW_STAGE_SINK, GW_DROP_JPEG_BAD, 2);
	pass(f);
	/* More than a point has room for. */
	count_drop(f, GW_STAGE_SINK, GW_DROP_SHED, 1ull << 30);
	pass(f);
	const struct trend_point *point = read_of(f, 0)->point;
	static const struct {
		enum gw_drop cause;
		uint32_t count;
	} expected[TREND_DROPS] = {{GW_DROP_NO_SLOT, 20}, {GW_DROP_INCOMPLETE, 9},
		{GW_DROP_SHED, 5}, {GW_DROP_LATE, 3}};

	for (int i = 0; i < TREND_DROPS; i++) {
		assert_int_equal(point[0].drop[i].cause, expected[i].cause);
		assert_int_equal(point[0].drop[i].count, expected[i].count);
	}
	assert_int_equal(point[0].beside, 3);
	assert_int_equal(point[1].drop[0].cause, GW_DROP_SHED);
	assert_int_equal(point[1].drop[0].count, (1u << 24) - 1);
	assert_int_equal(point[1].drop[1].cause, GW_DROP_NONE);
	assert_int_equal(point[1].beside, 0);
}

/* Of its absence nothing is known, and what it had before stays its own. */
static void a_camera_that_comes_back_has_a_gap(void **state)
{
	struct trends_fixture *f = *state;
	struct gw_camera_slot *slot = &f->made.gw.cameras->slot[0];
	struct gw_camera *camera = atomic_load(&slot->now);

	frames(f, 0, 10);
	pass(f);
	atomic_store(&slot->now, NULL);
	frames(f, 0, 99);
	pass(f);
	atomic_store(&slot->now, camera);
	frames(f, 0, 99);
	pass(f);
	frames(f, 0, 30);
	pass(f);
	const struct trend *trend = read_of(f, 0);

	assert_int_equal(trend->count, 4);
	assert_int_equal(trend->point[0].frames, 10);
	assert_int_equal(trend->point[1].frames, TREND_UNKNOWN);
	assert_int_equal(trend->point[2].frames, TREND_UNKNOWN);
	assert_int_equal(trend->point[3].frames, 30);
}

static void another_camera_of_the_slot_begins_anew(void **state)
{
	struct trends_fixture *f = *state;
	struct gw_camera *camera = atomic_load(&f->made.gw.cameras->slot[0].now);
	struct gw_camera_config *config = (struct gw_camera_config *)camera->config;

	frames(f, 0, 10);
	pass(f);
	config->name[0] = 'x';
	/* Before anybody looked: what is kept is not its. */
	assert_int_equal(read_of(f, 0)->count, 0);
	/* It counts from nought, as its slot was given to it. */
	gw_counter_set(&handmade_stats(&f->made, GW_STAGE_RX, 0)->frames_out, 4);
	pass(f);
	frames(f, 0, 30);
	pass(f);
	assert_int_equal(read_of(f, 0)->count, 1);
	assert_int_equal(f->trend.point[0].frames, 30);
	config->name[0] = 'c';
}

static void all_cameras_take_what_the_documentation_says(void **state)
{
	assert_in_range(TRENDS_BYTES, 75u << 20, 85u << 20);
}

#define TREND_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREND_TEST(a_point_is_what_came_within_its_span),
		TREND_TEST(an_hour_is_kept_and_no_more),
		TREND_TEST(a_late_reading_says_how_long_its_span_was),
		TREND_TEST(the_largest_causes_are_told_and_the_others_counted),
		TREND_TEST(a_camera_that_comes_back_has_a_gap),
		TREND_TEST(another_camera_of_the_slot_begins_anew),
		cmocka_unit_test(all_cameras_take_what_the_documentation_says),
	};

	return cmocka_run_group_tests_name("trends", tests, NULL, NULL);
}
