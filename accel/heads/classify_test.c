#include "core/test.h"

#include <errno.h>
#include <math.h>

#include "accel/heads/head.h"

static struct model_classify options = {.top_k = 3};
static const struct model_description model = {
	.task = GW_TASK_CLASSIFY, .labels_count = 5, .classify = &options};

static struct gw_result result;

static int read_values(const struct model_description *of, const float *values)
{
	const struct head_job job = {.description = of, .values = {values}};

	return head_of(of)->read(&job, &result);
}

static void the_best_classes_come_first(void **state)
{
	const float values[] = {0.1f, 0.5f, 0.05f, 0.3f, 0.05f};

	options = (struct model_classify){.top_k = 3};
	assert_int_equal(read_values(&model, values), 0);
	assert_int_equal(result.task, GW_TASK_CLASSIFY);
	assert_int_equal(result.count, 3);
	assert_int_equal(result.findings[0].index, 1);
	assert_int_equal(result.findings[1].index, 3);
	assert_int_equal(result.findings[2].index, 0);
	assert_float_equal(result.findings[0].confidence, 0.5, 1e-6);
}

static void of_equal_classes_the_first_is_kept(void **state)
{
	const float values[] = {0.2f, 0.2f, 0.2f, 0.2f, 0.2f};

	options = (struct model_classify){.top_k = 2};
	assert_int_equal(read_values(&model, values), 0);
	assert_int_equal(result.count, 2);
	assert_int_equal(result.findings[0].index, 0);
	assert_int_equal(result.findings[1].index, 1);
}

static void logits_become_probabilities(void **state)
{
	const float values[] = {1, 2, 3, 4, 5};
	double sum = 0;

	options = (struct model_classify){.top_k = 5, .softmax = true};
	assert_int_equal(read_values(&model, values), 0);
	for (int i = 0; i < 5; i++)
		sum += (double)result.findings[i].confidence;
	assert_float_equal(sum, 1, 1e-6);
	assert_int_equal(result.findings[0].index, 4);
	assert_float_equal(result.findings[0].confidence, 0.636409, 1e-5);
}

static void large_logits_do_not_overflow(void **state)
{
	const float values[] = {1e30f, -1e30f, 1e30f, 0, 0};

	options = (struct model_classify){.top_k = 3, .softmax = true};
	assert_int_equal(read_values(&model, values), 0);
	assert_float_equal(result.findings[0].confidence, 0.5, 1e-6);
	assert_float_equal(result.findings[1].confidence, 0.5, 1e-6);
	assert_float_equal(result.findings[2].confidence, 0, 1e-6);
}

static void what_is_no_number_is_an_error(void **state)
{
	const float nan_value[] = {0, NAN, 0, 0, 0}, infinite[] = {0, 0, 0, 0, INFINITY};

	assert_int_equal(read_values(&model, nan_value), -EDOM);
	assert_int_equal(read_values(&model, infinite), -EDOM);
}

static void rounding_does_not_leave_0_and_1(void **state)
{
	const float values[] = {1.0005f, -0.0005f, 0.5f, 0, 0};

	options = (struct model_classify){.top_k = 5};
	assert_int_equal(read_values(&model, values), 0);
	assert_float_equal(result.findings[0].confidence, 1, 0);
	assert_float_equal(result.findings[4].confidence, 0, 0);
}

static void logits_without_softmax_are_an_error(void **state)
{
	const float large[] = {0, 0, 7, 0, 0}, negative[] = {0.5f, 0, 0, 0, -2};

	options = (struct model_classify){.top_k = 1};
	assert_int_equal(read_values(&model, large), -ERANGE);
	assert_int_equal(read_values(&model, negative), -ERANGE);
}

static void labels_that_do_not_exclude_each_other_have_their_own_answer(void **state)
{
	const float values[] = {0, 2, -2, 4, -4};

	options = (struct model_classify){.top_k = 5, .sigmoid = true, .threshold = 0.4f};
	assert_int_equal(read_values(&model, values), 0);
	assert_int_equal(result.count, 3);
	assert_int_equal(result.findings[0].index, 3);
	assert_float_equal(result.findings[0].confidence, 0.982014, 1e-5);
	assert_int_equal(result.findings[2].index, 0);
	assert_float_equal(result.findings[2].confidence, 0.5, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_classes_come_first),
		cmocka_unit_test(of_equal_classes_the_first_is_kept),
		cmocka_unit_test(logits_become_probabilities),
		cmocka_unit_test(large_logits_do_not_overflow),
		cmocka_unit_test(what_is_no_number_is_an_error),
		cmocka_unit_test(rounding_does_not_leave_0_and_1),
		cmocka_unit_test(logits_without_softmax_are_an_error),
		cmocka_unit_test(labels_that_do_not_exclude_each_other_have_their_own_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
