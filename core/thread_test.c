#include "core/thread.h"

#include <sched.h>

#include "core/test.h"

static void *note_policy(void *arg)
{
	*(int *)arg = sched_getscheduler(0);
	return NULL;
}

/* What a thread is scheduled by that the caller makes. */
static int policy_of_one_made_here(void)
{
	pthread_t thread;
	int policy = -1;

	assert_int_equal(gw_thread_start(&thread, "test", -1, note_policy, &policy), 0);
	pthread_join(thread, NULL);
	return policy;
}

/* As an engine does that opens a device, which opens a program. */
static void make_some_within_two_pairs(void)
{
	struct gw_inherit outer, inner;
	pthread_t thread;
	int policy = -1;

	gw_inherit_begin(&outer, NULL);
	gw_inherit_begin(&inner, NULL);
	gw_inherit_end(&inner);
	assert_int_equal(pthread_create(&thread, NULL, note_policy, &policy), 0);
	gw_inherit_end(&outer);
	pthread_join(thread, NULL);
	assert_int_equal(policy, SCHED_OTHER);
	assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
}

static void *give_way(void *arg)
{
	const int before = sched_getscheduler(0);

	gw_thread_give_way();
	gw_thread_give_way();
	assert_int_equal(before, SCHED_OTHER);
	assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
	assert_int_equal(policy_of_one_made_here(), SCHED_OTHER);
	assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
	make_some_within_two_pairs();
	return NULL;
}

/* An engine that such a thread opens runs for frames. */
static void what_one_that_gives_way_makes_does_not(void **state)
{
	pthread_t thread;

	assert_int_equal(gw_thread_start(&thread, "test", -1, give_way, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
	assert_int_equal(policy_of_one_made_here(), SCHED_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_that_gives_way_makes_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
