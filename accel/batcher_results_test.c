/* What jobs come back with, when their batch went well and when not. */
#include "accel/batcher_fixture.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static void a_surface_goes_back_as_soon_as_it_was_read(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 13, 0);
	settle(f, 0);
	for (uint32_t i = 0; i < 13; i++) {
		assert_int_equal(f->surfaces[i].refs, i < 12 ? 1 : 2);
		assert_int_equal(f->jobs[i].surface == NULL, i < 12);
	}
	assert_int_equal(device.queued, 12);
	for (int i = 0; i < 4; i++) {
		end_batch(0, MS);
		settle(f, 0);
	}
	assert_int_equal(device.queued, 0);
	assert_int_equal(device.busy_ns, 4 * MS);
	take(f);
}

static void every_job_gets_the_result_of_its_own_picture(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	for (int i = 0; i < 8; i++) {
		settle(f, 0);
		end_batch(0, MS);
	}
	settle(f, 0);
	assert_out(f, 0, 30);
	for (uint32_t i = 0; i < 30; i++) {
		const struct job *job = &f->jobs[i];

		assert_int_equal(job->drop, GW_DROP_NONE);
		assert_int_equal(job->result.task, GW_TASK_CLASSIFY);
		assert_int_equal(job->result.findings[0].index, i % LABELS);
		assert_float_equal(job->result.findings[0].confidence, 1, 1e-6);
		assert_int_equal(job->began, 1000);
		assert_int_equal(job->ended, 1000 + MS);
	}
}

/* Made where the batch ended, before the batcher knows of it. */
static void results_are_there_before_the_batch_is_back(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	end_batch(0, MS);
	assert_int_equal(f->jobs[0].result.count, 1);
	assert_int_equal(f->jobs[0].result.findings[0].index, 0);
	settle(f, 0);
	assert_out(f, 0, 1);
}

static void a_batch_that_fails_fails_its_jobs_and_no_others(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 8, 0);
	settle(f, 0);
	end_batch(-EIO, MS);
	settle(f, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(f->jobs[i].drop, i < 4 ? GW_DROP_INFER_FAILED : GW_DROP_NONE);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 4);
	assert_string_equal(batcher_complaint(f->batcher), "the engine is on fire");
	assert_null(batcher_complaint(f->batcher));
}

static void values_that_are_no_numbers_fail_their_job_and_no_other(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 2, 0);
	settle(f, 0);
	assert_int_equal(last_batch(), 2);
	((float *)hand.ring[0]->input)[LABELS] = NAN;
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_NONE);
	assert_int_equal(f->jobs[1].drop, GW_DROP_MODEL_OUTPUT);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 1);
	assert_non_null(batcher_complaint(f->batcher));
}

/* The values travel as they are, and no job here has room for them. */
static int open_raw_fixture(void **state)
{
	static char *tensors[] = {"out"};
	static struct model_raw raw = {.tensors = tensors, .tensors_count = 1};

	test_description.task = GW_TASK_RAW;
	test_description.raw = &raw;
	return open_fixture(state);
}

static int close_raw_fixture(void **state)
{
	test_description.task = GW_TASK_CLASSIFY;
	test_description.raw = NULL;
	return close_fixture(state);
}

static void a_result_without_room_fails_its_job(void **state)
{
	struct fixture *f = *state;

	_Alignas(8) static uint8_t room[256];

	add(f, 0, 2, 0);
	f->jobs[1].rest = room;
	f->jobs[1].rest_size = sizeof(room);
	settle(f, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_RESULT_TOO_LARGE);
	assert_int_equal(f->jobs[1].drop, GW_DROP_NONE);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 1);
	assert_non_null(batcher_complaint(f->batcher));
}

static void a_region_outside_of_the_picture_fails_the_job(void **state)
{
	struct fixture *f = *state;

	static const struct gw_region outside = {.x = 5};

	add_one(f, 0, NULL, 0);
	add_one(f, 1, &outside, 0);
	add_one(f, 2, NULL, 0);
	settle(f, 0);
	assert_int_equal(last_batch(), 2);
	/* It waits for nothing. */
	assert_out(f, 1, 2);
	end_batch(0, MS);
	settle(f, 0);
	take(f);
	assert_int_equal(f->out_count, 2);
	assert_int_equal(f->jobs[1].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->jobs[2].result.findings[0].index, 2);
	assert_non_null(strstr(batcher_complaint(f->batcher), "region"));
}

static void a_job_without_a_picture_fails(void **state)
{
	struct fixture *f = *state;

	struct gw_device other = {.memory = GW_MEM_CUDA};

	f->surfaces[1].device = &other;
	add(f, 0, 2, 0);
	job_drop_surface(&f->jobs[0]);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->jobs[1].drop, GW_DROP_INFER_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_surface_goes_back_as_soon_as_it_was_read),
		TEST(every_job_gets_the_result_of_its_own_picture),
		TEST(results_are_there_before_the_batch_is_back),
		TEST(a_batch_that_fails_fails_its_jobs_and_no_others),
		TEST(values_that_are_no_numbers_fail_their_job_and_no_other),
		cmocka_unit_test_setup_teardown(
			a_result_without_room_fails_its_job, open_raw_fixture, close_raw_fixture),
		TEST(a_region_outside_of_the_picture_fails_the_job),
		TEST(a_job_without_a_picture_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
