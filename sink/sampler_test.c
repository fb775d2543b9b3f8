#include "sink/sampler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint32_t due_of(struct sampler *sampler, uint32_t every, uint32_t frames)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < frames; i++)
		due += sampler_due(sampler, every, false);
	return due;
}

static void the_first_and_every_nth_frame_are_due(void **state)
{
	struct sampler sampler = {0};

	assert_true(sampler_due(&sampler, 3, false));
	assert_false(sampler_due(&sampler, 3, false));
	assert_false(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, false));
	assert_int_equal(due_of(&sampler, 3, 300), 100);
}

static void one_means_every_frame_and_none_means_none(void **state)
{
	struct sampler sampler = {0};

	assert_int_equal(due_of(&sampler, 1, 50), 50);
	assert_int_equal(due_of(&sampler, 0, 50), 0);
	assert_int_equal(due_of(&(struct sampler){0}, 0, 50), 0);
}

static void a_frame_that_is_asked_for_does_not_disturb_the_count(void **state)
{
	struct sampler sampler = {0};

	assert_true(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, true));
	assert_false(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 0, true));
}

static void a_shorter_interval_works_at_once(void **state)
{
	struct sampler sampler = {0};

	assert_int_equal(due_of(&sampler, 1000, 10), 1);
	assert_true(sampler_due(&sampler, 5, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_and_every_nth_frame_are_due),
		cmocka_unit_test(one_means_every_frame_and_none_means_none),
		cmocka_unit_test(a_frame_that_is_asked_for_does_not_disturb_the_count),
		cmocka_unit_test(a_shorter_interval_works_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
