/* Cameras that cannot be made, and those that take long. */
#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/control.h"
#include "kafka/test_keys.h"

static void what_cannot_be_made_is_told_and_not_given_up(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(", width: 640, height: 480"));
	test_keys_wait_for_trouble(NULL, 0);
	test_keys_wait_for_trouble("a", 1);
	assert_string_equal(test_keys.health.trouble[0].id, "source.pictures.camera");
	assert_int_equal(test_keys.health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(test_keys.health.trouble[0].text, "larger than every frame slot"));
	assert_true(test_keys_want("a"));
	assert_null(test_keys_find("a"));
	test_keys_close(&gw);
}

static void a_name_that_is_leaving_is_told_and_holds_up_no_other(void **state)
{
	struct gw_camera_stats *sink;
	struct gw_error error;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	test_keys_make("a", 1);
	sink = &gw.stages[GW_STAGE_SINK].lanes[0].stats->camera[test_keys_find("a")->id];
	gw_counter_set(&sink->samples_held, 1);
	assert_int_equal(gw_camera_remove(&gw, "a", &error), 0);
	test_keys_wait_for_trouble("a", 1);
	assert_string_equal(test_keys.health.trouble[0].id, "source.pictures.camera");
	assert_int_equal(test_keys.health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(test_keys.health.trouble[0].text, "camera a is being removed"));
	const int64_t start = gw_now();

	test_keys_make("b", 3);
	assert_true(gw_now() - start < GW_NS_PER_S / 2);
	assert_non_null(test_keys_find("b"));
	test_keys_wait_for_trouble("a", 1);
	assert_null(test_keys_find("a"));
	gw_counter_set(&sink->samples_held, 0);
	test_keys_make("a", 4);
	assert_non_null(test_keys_find("a"));
	test_keys_wait_for_trouble(NULL, 0);
	test_keys_close(&gw);
}

static void a_name_that_cannot_be_made_holds_up_no_other(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	test_keys_wait_for_trouble("file", 1);
	const int64_t start = gw_now();

	for (uint32_t i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "good%u", i);
		test_keys_want("file");
		test_keys_make(name, i + 1);
		/* That others can be made does not make this one better. */
		test_keys_expect_trouble(GW_DEGRADED, "Not a directory");
	}
	assert_true(gw_now() - start < GW_NS_PER_S / 2);
	/* It is not tried over and over. */
	test_keys_want_for_a_while("file");
	assert_in_range(test_keys.refusals, 1, 2);
	test_keys_close(&gw);
}

static void what_is_in_the_way_of_all_is_tried_once_a_second(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	test_keys_wait_for_trouble("memory", 1);
	test_keys_expect_trouble(GW_FAILED, "Cannot allocate memory");
	test_keys_want_for_a_while("memory");
	test_keys_want_for_a_while("other");
	assert_int_equal(test_keys.refusals, 1);
	test_keys_make("other", 1);
	test_keys_wait_for_trouble(NULL, 0);
	test_keys_close(&gw);
}

static void a_trouble_that_nobody_meets_any_more_is_over(void **state)
{
	static const struct timespec pause = {.tv_sec = 5, .tv_nsec = 200 * GW_NS_PER_MS};
	static const struct timespec moment = {.tv_nsec = GW_NS_PER_MS};
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	test_keys_wait_for_trouble("file", 1);
	test_keys_wait_for_trouble("memory", 1);
	for (int i = 0; i < 5000 && test_keys.health.trouble[0].severity != GW_FAILED; i++) {
		nanosleep(&moment, NULL);
		test_keys_wait_for_trouble("memory", 1);
	}
	test_keys_expect_trouble(GW_FAILED, "Cannot allocate memory");
	nanosleep(&pause, NULL);
	test_keys_wait_for_trouble(NULL, 0);
	test_keys_close(&gw);
}

/* A full disk is not a gateway that is full: what waits is refused only for that. */
static void a_disk_that_is_full_makes_records_wait(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	test_keys_wait_for_trouble("disk", 1);
	test_keys_expect_trouble(GW_DEGRADED, "No space left");
	test_keys_want_for_a_while("disk");
	test_keys_close(&gw);
}

static int change_for_long(struct gw *gw, void *arg, struct gw_error *error)
{
	sem_post(&test_keys.begun);
	sem_wait(&test_keys.go_on);
	return 0;
}

static void *other_writer(void *gw)
{
	struct gw_error error;

	gw_control_call(gw, "removing camera yard", change_for_long, NULL, &error);
	return NULL;
}

static void no_upkeep(struct gw *gw, int64_t now)
{
}

static void another_change_is_waited_for_and_told_when_it_takes_long(void **state)
{
	struct gw_error error;
	pthread_t writer;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	sem_init(&test_keys.begun, 0, 0);
	sem_init(&test_keys.go_on, 0, 0);
	assert_int_equal(gw_control_start(&gw, no_upkeep, &error), 0);
	assert_int_equal(pthread_create(&writer, NULL, other_writer, &gw), 0);
	sem_wait(&test_keys.begun);
	const int64_t start = gw_now();

	test_keys_wait_for_trouble("a", 1);
	assert_true(gw_now() - start >= GW_NS_PER_S);
	assert_int_equal(test_keys.health.trouble[0].severity, GW_FAILED);
	assert_non_null(strstr(test_keys.health.trouble[0].text, "removing camera yard"));
	sem_post(&test_keys.go_on);
	pthread_join(writer, NULL);
	test_keys_make("a", 1);
	test_keys_wait_for_trouble(NULL, 0);
	assert_true(gw_control_stop(&gw, gw_now() + GW_NS_PER_S));
	test_keys_close(&gw);
}

static void a_thread_that_cannot_be_made_is_told_with_what_to_raise(void **state)
{
	struct gw_error error;
	pthread_attr_t before, after;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	assert_int_equal(pthread_getattr_default_np(&before), 0);
	pthread_attr_init(&after);
	/* No address space has room for such a stack. */
	assert_int_equal(pthread_attr_setstacksize(&after, (size_t)1 << 60), 0);
	assert_int_equal(pthread_setattr_default_np(&after), 0);
	errno = 0;
	struct keys *keys = keys_open(&gw, &error);
	const int number = errno;

	assert_int_equal(pthread_setattr_default_np(&before), 0);
	pthread_attr_destroy(&after);
	pthread_attr_destroy(&before);
	assert_null(keys);
	assert_int_equal(number, EAGAIN);
	assert_non_null(strstr(error.text, "source: no thread for its cameras: "));
	assert_non_null(strstr(error.text, "raise TasksMax= of the service"));
	test_keys_close(&gw);
}

/* A change may wait for the lane that is about to end: that must not wait for the change. */
static void the_lane_may_end_while_a_camera_is_made(void **state)
{
	struct gw_error error;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	sem_init(&test_keys.begun, 0, 0);
	sem_init(&test_keys.go_on, 0, 0);
	assert_int_equal(gw_control_start(&gw, no_upkeep, &error), 0);
	assert_true(test_keys_want("slow"));
	sem_wait(&test_keys.begun);
	keys_stop(test_keys.keys);
	sem_post(&test_keys.go_on);
	assert_true(gw_control_stop(&gw, gw_now() + GW_NS_PER_S));
	assert_non_null(test_keys_find("slow"));
	test_keys_close(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_made_is_told_and_not_given_up),
		cmocka_unit_test(a_name_that_is_leaving_is_told_and_holds_up_no_other),
		cmocka_unit_test(a_name_that_cannot_be_made_holds_up_no_other),
		cmocka_unit_test(what_is_in_the_way_of_all_is_tried_once_a_second),
		cmocka_unit_test(a_trouble_that_nobody_meets_any_more_is_over),
		cmocka_unit_test(a_disk_that_is_full_makes_records_wait),
		cmocka_unit_test(another_change_is_waited_for_and_told_when_it_takes_long),
		cmocka_unit_test(a_thread_that_cannot_be_made_is_told_with_what_to_raise),
		cmocka_unit_test(the_lane_may_end_while_a_camera_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
