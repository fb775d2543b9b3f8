/* Which answers can be compared at all, and those that need no more than a look. */
#include "accel/answers/test_answers.h"

static void answers_of_different_tasks_are_not_compared(void **state)
{
	test_one.task = GW_TASK_CLASSIFY;
	test_other.task = GW_TASK_DETECT;
	assert_true(test_answers_apart() < 0);
	test_answers_are(GW_TASK_PLAN);
	assert_true(test_answers_apart() < 0);
	/* What it takes was not kept. */
	test_answers_are(GW_TASK_ENHANCE);
	assert_true(test_answers_apart() < 0);
}

static void classes_differ_when_another_one_is_the_most_likely(void **state)
{
	test_answers_are(GW_TASK_CLASSIFY);
	assert_float_equal(test_answers_apart(), 0, 0);
	test_answers_add(&test_one, (struct gw_finding){.index = 3, .confidence = 0.9f}, NULL, 0);
	/* Who says nothing does not say the same. */
	assert_float_equal(test_answers_apart(), 1, 0);
	test_answers_add(&test_other, (struct gw_finding){.index = 3, .confidence = 0.4f}, NULL, 0);
	test_answers_add(&test_other, (struct gw_finding){.index = 2, .confidence = 0.3f}, NULL, 0);
	assert_float_equal(test_answers_apart(), 0, 0);
	test_other.findings[0].index = 2;
	assert_float_equal(test_answers_apart(), 1, 0);
}

static void of_every_task_nothing_is_like_nothing(void **state)
{
	static const enum gw_task tasks[] = {GW_TASK_CLASSIFY, GW_TASK_DETECT, GW_TASK_TEXT,
		GW_TASK_SEGMENT, GW_TASK_RAW, GW_TASK_READ};

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		test_answers_are(tasks[i]);
		assert_float_equal(test_answers_apart(), 0, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, test_answers_clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_of_different_tasks_are_not_compared),
		TEST(classes_differ_when_another_one_is_the_most_likely),
		TEST(of_every_task_nothing_is_like_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
