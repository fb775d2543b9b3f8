/* Cameras that come while a lane stands still. */
#include "core/camera.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/test.h"
#include "core/test_gateway.h"

static struct gw gw;
static struct gw_error error;

/* A lane answers so many times, stands still, and goes on: that of rx, which no camera is published
 * to, or that of accel. */
static struct {
	struct gw_lane *lane;
	uint32_t answers;
	int64_t still; /* nanoseconds */
	_Atomic bool stop;
	pthread_t thread;
	const struct gw_camera *published;
} play;

static int toy_open(struct gw_stage *stage, struct gw_error *problem)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static void toy_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	play.published = is;
}

static const struct gw_stage_ops toy = {
	.name = "accel", .open = toy_open, .close = toy_close, .camera_publish = toy_publish};

static int put(const char *name, uint16_t port)
{
	struct gw_camera_config camera = {.name = (char *)name,
		.source = "10.0.0.1",
		.destination = "10.0.0.2",
		.port = port,
		.quota = 4,
		.source_address = {2, {10, 0, 0, 1}},
		.destination_address = {2, {10, 0, 0, 2}}};

	return gw_camera_put(&gw, &camera, &error);
}

static int set_up(void **state)
{
	memset(&play, 0, sizeof(play));
	if (test_gateway_open(&gw,
		    "cameras: []\n"
		    "frames: {classes: [{width: 64, height: 48, count: 4}]}\n",
		    NULL, GW_STAGE_ACCEL, &toy, &error) != 0)
		return -1;
	play.lane = &gw.stages[GW_STAGE_RX].lanes[0];
	return 0;
}

static void *turn_slowly(void *arg)
{
	for (uint32_t i = 0; i < play.answers && !play.stop; i += gw_lane_answer(play.lane))
		usleep(100);
	for (const int64_t end = gw_now() + play.still; gw_now() < end && !play.stop;)
		usleep(1000);
	while (!play.stop) {
		gw_lane_answer(play.lane);
		usleep(100);
	}
	return NULL;
}

static void begin(uint32_t answers, int64_t still)
{
	play.answers = answers;
	play.still = still;
	atomic_store(&play.lane->running, true);
	assert_int_equal(pthread_create(&play.thread, NULL, turn_slowly, NULL), 0);
}

static int tear_down(void **state)
{
	play.stop = true;
	pthread_join(play.thread, NULL);
	atomic_store(&play.lane->running, false);
	test_gateway_close(&gw);
	return 0;
}

/* Every slot has had a camera, and number 77 has none any more. */
static void use_all_slots(void)
{
	char name[16];

	for (uint32_t i = 0; i < GW_CAMERAS; i++) {
		snprintf(name, sizeof(name), "camera%u", i);
		assert_int_equal(put(name, (uint16_t)(1000 + i)), 0);
	}
	gw_counter_add(&play.lane->stats->camera[77].frames_in, 5);
	assert_int_equal(gw_camera_remove(&gw, "camera77", &error), 0);
}

static void a_lane_that_need_not_know_is_not_waited_for(void **state)
{
	const int64_t start = gw_now();

	begin(0, 60 * GW_NS_PER_S);
	assert_int_equal(put("door", 5000), 0);
	assert_int_equal(put("door", 5001), 0);
	assert_int_equal(gw_camera_remove(&gw, "door", &error), 0);
	assert_true(gw_now() - start < GW_NS_PER_S);
}

static void a_slot_is_not_given_on_while_a_lane_stands_still_that_counts_in_it(void **state)
{
	use_all_slots();
	begin(0, 4 * GW_NS_PER_S);
	assert_int_equal(put("new", 1), -ETIMEDOUT);
	assert_non_null(strstr(error.text, "rx does not turn: nothing was changed"));
	assert_string_equal(gw.cameras->slot[77].name, "camera77");
	assert_int_equal(gw_counter_get(&play.lane->stats->camera[77].frames_in), 5);
}

static void a_lane_that_forgets_late_is_waited_for(void **state)
{
	use_all_slots();
	begin(1, 2500 * GW_NS_PER_MS);
	assert_int_equal(put("new", 1), 0);
	assert_int_equal(gw_camera_find(&gw, "new"), 77);
	assert_int_equal(gw_counter_get(&play.lane->stats->camera[77].frames_in), 0);
	assert_int_equal(gw_counter_get(&play.lane->stats->camera[GW_REMOVED].frames_in), 5);
}

static void a_lane_that_hears_of_a_camera_late_is_waited_for(void **state)
{
	play.lane = &gw.stages[GW_STAGE_ACCEL].lanes[0];
	begin(1, 2500 * GW_NS_PER_MS);
	assert_int_equal(put("door", 5000), 0);
	assert_non_null(play.published);
	assert_ptr_equal(play.published, gw_camera_now(&gw, gw_camera_find(&gw, "door")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_lane_that_need_not_know_is_not_waited_for),
		TEST(a_slot_is_not_given_on_while_a_lane_stands_still_that_counts_in_it),
		TEST(a_lane_that_forgets_late_is_waited_for),
		TEST(a_lane_that_hears_of_a_camera_late_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
