/* Slow requests on their threads, and the end of both. */
#include "mgmt/jobs.h"

#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"
#include "mgmt/handmade.h"

#define MS GW_NS_PER_MS
#define ALL (JOBS_THREADS + JOBS_WAITING)

static const struct gw_request request = {.role = GW_ROLE_ADMIN, .who = "the test"};
static _Atomic int done;

static void count(void *arg)
{
	done++;
}

static void wait_for(int wanted)
{
	const int64_t end = gw_now() + 5000 * MS;

	while (done < wanted && gw_now() < end)
		usleep(1000);
	assert_int_equal(done, wanted);
}

static void wait_until_running(struct jobs *jobs, uint32_t wanted)
{
	const int64_t end = gw_now() + 5000 * MS;
	uint32_t waiting, running;

	do
		jobs_count(jobs, &waiting, &running);
	while (running != wanted && gw_now() < end);
	assert_int_equal(running, wanted);
}

static int status_of(struct job *job)
{
	struct gw_reply reply;

	job_reply(job, &reply);
	int status = reply.status;
	gw_reply_release(&reply);
	job_free(job);
	return status;
}

static int set_up(void **state)
{
	struct handmade *made = malloc(sizeof(*made));

	handmade_open(made);
	done = 0;
	*state = made;
	return 0;
}

static int tear_down(void **state)
{
	struct handmade *made = *state;

	handmade_close(made);
	free(made);
	return 0;
}

static void a_job_keeps_all_that_it_was_given(void **state)
{
	struct handmade *made = *state;
	struct jobs *jobs = jobs_start(&made->gw, NULL);
	char method[] = "PATCH", path[] = "echo", who[] = "anna";
	struct gw_request own = {.role = GW_ROLE_ADMIN, .who = who, .body = json_pack("[i]", 7)};
	struct gw_reply reply;

	struct job *job = jobs_put(jobs, method, path, &own, count, NULL);
	assert_non_null(job);
	json_decref((json_t *)own.body);
	method[0] = path[0] = who[0] = '?';
	wait_for(1);
	job_reply(job, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(json_string_value(json_object_get(reply.json, "who")), "anna");
	assert_int_equal(json_array_size(json_object_get(reply.json, "body")), 1);
	gw_reply_release(&reply);
	job_free(job);
	assert_true(jobs_stop(jobs, 0));
	jobs_destroy(jobs);
}

static void those_that_wait_are_answered_at_the_end_and_one_more_is_refused(void **state)
{
	struct handmade *made = *state;
	struct jobs *jobs = jobs_start(&made->gw, NULL);
	struct job *job[ALL];

	for (int i = 0; i < JOBS_THREADS; i++)
		job[i] = jobs_put(jobs, "PUT", "slow/10000", &request, count, NULL);
	wait_until_running(jobs, JOBS_THREADS);
	for (int i = JOBS_THREADS; i < ALL; i++)
		assert_non_null(
			job[i] = jobs_put(jobs, "PUT", "slow/10000", &request, count, NULL));
	assert_null(jobs_put(jobs, "PUT", "slow/1", &request, count, NULL));
	assert_int_equal(errno, EAGAIN);

	const int64_t begin = gw_now();
	assert_true(jobs_stop(jobs, 2000 * MS));
	assert_true(gw_now() - begin < 1000 * MS);
	assert_int_equal(done, ALL);
	assert_null(jobs_put(jobs, "PUT", "slow/1", &request, count, NULL));
	assert_int_equal(errno, ESHUTDOWN);
	for (int i = 0; i < ALL; i++)
		assert_int_equal(status_of(job[i]), 503);
	jobs_destroy(jobs);
}

static void one_that_goes_on_at_the_end_is_answered_and_left(void **state)
{
	struct handmade *made = *state;
	struct jobs *jobs = jobs_start(&made->gw, NULL);
	struct gw_request deaf = request;

	deaf.body = json_pack("{s:b}", "deaf", 1);
	struct job *job = jobs_put(jobs, "PUT", "slow/600", &deaf, count, NULL);
	json_decref((json_t *)deaf.body);
	wait_until_running(jobs, 1);
	const int64_t begin = gw_now();

	assert_false(jobs_stop(jobs, 100 * MS));
	assert_true(gw_now() - begin < 400 * MS);
	assert_int_equal(done, 1);
	assert_int_equal(status_of(job), 503);
	/* The process would end now; here it is waited for, to see that it disturbs nothing. */
	wait_until_running(jobs, 0);
	assert_int_equal(done, 1);
	jobs_destroy(jobs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_keeps_all_that_it_was_given),
		TEST(those_that_wait_are_answered_at_the_end_and_one_more_is_refused),
		TEST(one_that_goes_on_at_the_end_is_answered_and_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
