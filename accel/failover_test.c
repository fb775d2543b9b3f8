/* Several devices, of which some fail: nothing that they were to do is lost. */
#include "accel/fragile_devices.h"

#include <string.h>

static void assert_taken_over(enum mood mood, int64_t most_ns)
{
	struct fixture f;

	open_devices(&f, DEVICES, 0);
	engines[1].mood = (int)mood;
	add_many(&f, JOBS_OF_A_TEST);
	assert_true(run_until(&f, JOBS_OF_A_TEST, 20 * SECOND) < most_ns);
	assert_int_equal(f.failed, 0);
	assert_int_equal(devices[1].failing, 1);
	assert_int_equal(devices[0].failing, 0);
	const struct gw_device *device;

	assert_non_null(batcher_failure(f.batcher, &device));
	assert_ptr_equal(device, &devices[1]);
	assert_null(batcher_failure(f.batcher, &device));
	assert_null(batcher_complaint(f.batcher));
	close_devices(&f);
}

/* Generous where another one looks at the clock: the machine may be busy. */
static void a_device_without_memory_loses_no_frame(void **state)
{
	assert_taken_over(NO_MEMORY, 5 * SECOND);
}

static void a_device_that_launches_nothing_loses_no_frame(void **state)
{
	assert_taken_over(NO_LAUNCH, 5 * SECOND);
}

static void a_device_that_never_comes_back_loses_no_frame(void **state)
{
	assert_taken_over(LOST, 6 * SECOND);
}

static void a_device_that_comes_back_late_touches_nothing_and_works_again(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = LOST;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	assert_int_equal(f.failed, 0);
	/* What it was given comes back now, while others have those jobs. */
	engines[0].mood = WELL;
	for (int round = 0; round < 50 && devices[0].failing > 0; round++) {
		turn_for(&f, SECOND / 10);
		add_many(&f, 4);
		f.well = 0;
		run_until(&f, 4, 20 * SECOND);
	}
	assert_int_equal(devices[0].failing, 0);
	assert_int_equal(devices[0].queued, 0);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

/* Batches are on their way before the first one has told how long they take. */
static void a_model_that_takes_long_is_no_device_that_failed(void **state)
{
	const struct gw_device *device;
	struct fixture f;

	run_ns = SLOW_NS;
	open_devices(&f, 2, 0);
	add_many(&f, 32);
	run_until(&f, 32, 30 * SECOND);
	run_ns = RUN_NS;
	assert_int_equal(f.failed, 0);
	assert_null(batcher_failure(f.batcher, &device));
	close_devices(&f);
}

static void a_failed_device_gets_one_batch_when_it_has_rested(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	const uint32_t tried = engines[0].ran;

	assert_int_equal(devices[0].failing, 1);
	add_many(&f, 24);
	f.well = 0;
	run_until(&f, 24, 20 * SECOND);
	turn_for(&f, SECOND * 3 / 2);
	for (uint32_t i = 0; i < 24; i++)
		add(&f, i, i % 2);
	f.well = 0;
	run_until(&f, 24, 20 * SECOND);
	/* A batch to see, whether or not the pause before it was over in time. */
	assert_in_range(engines[0].ran - tried, 1, 8);
	assert_int_equal(devices[0].failing, 1);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

static void when_none_is_left_jobs_fail_and_do_not_wait_for_ever(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	assert_int_equal(f.failed, 24);
	assert_int_equal(gw_counter_get(&batcher_stats(f.batcher)->failed), 24);
	close_devices(&f);
}

static void a_job_that_is_old_waits_for_room_on_the_next_device(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = NO_LAUNCH;
	for (uint32_t i = 0; i < JOBS_OF_A_TEST; i++)
		add_since(&f, i, 0, gw_now() - 10 * SECOND);
	run_until(&f, JOBS_OF_A_TEST, 20 * SECOND);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

static void after_all_have_failed_all_are_tried_again(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	engines[0].mood = engines[1].mood = WELL;
	for (int round = 0; round < 200 && devices[0].failing + devices[1].failing > 0; round++) {
		turn_for(&f, SECOND / 10);
		add_many(&f, 8);
		f.well = f.failed = 0;
		run_until(&f, 8, 20 * SECOND);
	}
	assert_int_equal(devices[0].failing + devices[1].failing, 0);
	close_devices(&f);
}

static void what_is_wrong_with_a_batch_is_no_fault_of_the_device(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = BAD_INPUT;
	add_many(&f, 8);
	run_until(&f, 8, 20 * SECOND);
	assert_int_equal(f.failed, 8);
	assert_int_equal(devices[0].failing + devices[1].failing, 0);
	assert_non_null(batcher_complaint(f.batcher));
	close_devices(&f);
}

static void with_one_device_what_it_cannot_run_has_failed(void **state)
{
	struct fixture f;

	open_devices(&f, 1, 0);
	engines[0].mood = NO_LAUNCH;
	add_many(&f, 8);
	run_until(&f, 8, 20 * SECOND);
	assert_int_equal(f.failed, 8);
	assert_int_equal(devices[0].failing, 0);
	assert_non_null(strstr(batcher_complaint(f.batcher), "it was told to"));
	close_devices(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_without_memory_loses_no_frame),
		cmocka_unit_test(a_device_that_launches_nothing_loses_no_frame),
		cmocka_unit_test(a_device_that_never_comes_back_loses_no_frame),
		cmocka_unit_test(a_device_that_comes_back_late_touches_nothing_and_works_again),
		cmocka_unit_test(a_model_that_takes_long_is_no_device_that_failed),
		cmocka_unit_test(a_failed_device_gets_one_batch_when_it_has_rested),
		cmocka_unit_test(when_none_is_left_jobs_fail_and_do_not_wait_for_ever),
		cmocka_unit_test(a_job_that_is_old_waits_for_room_on_the_next_device),
		cmocka_unit_test(after_all_have_failed_all_are_tried_again),
		cmocka_unit_test(what_is_wrong_with_a_batch_is_no_fault_of_the_device),
		cmocka_unit_test(with_one_device_what_it_cannot_run_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
