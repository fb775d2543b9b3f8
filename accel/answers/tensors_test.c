/* Tensors near each other, far from each other, and of other shapes. */
#include "accel/answers/test_answers.h"

#include <math.h>
#include <string.h>

#define MOST 1000

static size_t size_of(uint32_t count)
{
	return sizeof(struct gw_values) + count * sizeof(float);
}

static void add(struct gw_result *result, uint32_t rows, uint32_t columns, const float *values)
{
	static _Alignas(struct gw_values)
		uint8_t room[sizeof(struct gw_values) + MOST * sizeof(float)];
	struct gw_values *made = (struct gw_values *)room;

	*made = (struct gw_values){.rank = 2, .dims = {rows, columns}};
	memcpy(made->value, values, (size_t)rows * columns * sizeof(float));
	test_answers_add(
		result, (struct gw_finding){.confidence = 1}, made, size_of(rows * columns));
}

static void pair(uint32_t rows, uint32_t columns, const float *one, const float *other)
{
	test_answers_clear(NULL);
	test_answers_are(GW_TASK_RAW);
	add(&test_one, rows, columns, one);
	add(&test_other, rows, columns, other);
}

static void the_distance_is_relative_and_at_most_1(void **state)
{
	float one[37], other[37];

	for (int i = 0; i < 37; i++) {
		one[i] = sinf((float)i) * 1000;
		other[i] = one[i] * 0.9f;
	}
	pair(1, 37, one, one);
	assert_float_equal(test_answers_apart(), 0, 0);
	pair(1, 37, one, other);
	assert_float_equal(test_answers_apart(), 0.1f, 1e-5);
	for (int i = 0; i < 37; i++)
		other[i] = -one[i];
	pair(1, 37, one, other);
	assert_float_equal(test_answers_apart(), 1, 0);
	memset(other, 0, sizeof(other));
	pair(1, 37, one, other);
	assert_float_equal(test_answers_apart(), 1, 0);
	pair(1, 37, other, other);
	assert_float_equal(test_answers_apart(), 0, 0);
}

static void it_is_the_mean_over_the_tensors(void **state)
{
	const float first[2] = {3, 4}, near[2] = {3, 4.5f};

	pair(1, 2, first, first);
	add(&test_one, 1, 2, first);
	add(&test_other, 1, 2, near);
	assert_float_equal(test_answers_apart(), 0.5f / sqrtf(29.25f) / 2, 1e-5);
	/* A third that only one has. */
	add(&test_one, 1, 2, first);
	assert_float_equal(test_answers_apart(), 1, 0);
}

static void rows_that_only_one_has_are_compared_with_nothing(void **state)
{
	const float rows[6] = {1, 0, 0, 2, 0, 2};

	test_answers_are(GW_TASK_RAW);
	add(&test_one, 3, 2, rows);
	add(&test_other, 2, 2, rows);
	assert_float_equal(test_answers_apart(), 2 / 3.0f, 1e-6);
	test_answers_clear(NULL);
	test_answers_are(GW_TASK_RAW);
	add(&test_one, 3, 2, rows);
	add(&test_other, 2, 3, rows);
	assert_float_equal(test_answers_apart(), 1, 0);
}

static void what_is_no_number_must_be_none_in_both(void **state)
{
	const float numbers[3] = {1, 2, 2}, none[3] = {1, NAN, 2}, endless[3] = {1, INFINITY, 2};
	const float near[3] = {1, NAN, 1};

	pair(1, 3, none, none);
	assert_float_equal(test_answers_apart(), 0, 0);
	pair(1, 3, endless, endless);
	assert_float_equal(test_answers_apart(), 0, 0);
	pair(1, 3, none, near);
	assert_float_equal(test_answers_apart(), 1 / sqrtf(5), 1e-5);
	pair(1, 3, numbers, none);
	assert_float_equal(test_answers_apart(), 1, 0);
	pair(1, 3, endless, none);
	assert_float_equal(test_answers_apart(), 1, 0);
	/* In a row that the other has not. */
	test_answers_clear(NULL);
	test_answers_are(GW_TASK_RAW);
	add(&test_one, 3, 1, endless);
	add(&test_other, 1, 1, endless);
	assert_float_equal(test_answers_apart(), 1, 0);
}

static void the_largest_values_are_no_exception(void **state)
{
	const float one[2] = {3e38f, 3e38f}, other[2] = {3e38f, -3e38f};

	pair(1, 2, one, one);
	assert_float_equal(test_answers_apart(), 0, 0);
	pair(1, 2, one, other);
	assert_float_equal(test_answers_apart(), 1, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, test_answers_clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_distance_is_relative_and_at_most_1),
		TEST(it_is_the_mean_over_the_tensors),
		TEST(rows_that_only_one_has_are_compared_with_nothing),
		TEST(what_is_no_number_must_be_none_in_both),
		TEST(the_largest_values_are_no_exception),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
