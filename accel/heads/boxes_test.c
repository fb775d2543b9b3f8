#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

static int empty(void **state)
{
	test_head_is(MODEL_DETECT_BOXES);
	return 0;
}

static void rows_are_sides_confidence_and_label(void **state)
{
	/* The last one is a row that the graph did not need. */
	const float rows[] = {1, 2, 30, 40, 0.6f, 1, 1, 2, 30, 40, 0.9f, 1, -1, -1, -1, -1, -1, -1};

	test_tensors[0] = (struct infer_tensor){.name = "out", .rank = 2, .dims = {3, 6}};
	assert_int_equal(test_head_read(rows, NULL, NULL), 0);
	/* Suppressed they are already: equal boxes are meant. */
	assert_int_equal(test_result.count, 2);
	assert_box(0, 1, 0.9f, 1, 2, 30, 40);
	assert_box(1, 1, 0.6f, 1, 2, 30, 40);
}

static void rows_of_a_batch_begin_with_the_picture(void **state)
{
	const float rows[] = {0, 1, 2, 30, 40, 2, 0.6f};

	test_tensors[0] = (struct infer_tensor){.name = "out", .rank = 2, .dims = {1, 7}};
	assert_int_equal(test_head_read(rows, NULL, NULL), 0);
	assert_int_equal(test_result.count, 1);
	assert_box(0, 2, 0.6f, 1, 2, 30, 40);
}

static void what_is_no_confidence_is_an_error(void **state)
{
	float row[] = {1, 2, 30, 40, 7, 1};

	test_tensors[0] = (struct infer_tensor){.name = "out", .rank = 2, .dims = {1, 6}};
	assert_int_equal(test_head_read(row, NULL, NULL), -ERANGE);
	row[4] = NAN;
	assert_int_equal(test_head_read(row, NULL, NULL), -EDOM);
	row[4] = 0.5f;
	row[0] = NAN;
	assert_int_equal(test_head_read(row, NULL, NULL), -EDOM);
	row[0] = 1;
	row[5] = INFINITY;
	assert_int_equal(test_head_read(row, NULL, NULL), -EDOM);
	row[5] = -3e38f;
	assert_int_equal(test_head_read(row, NULL, NULL), 0);
	row[5] = 3;
	assert_int_equal(test_head_read(row, NULL, NULL), -ENOENT);
}

static void other_rows_are_refused(void **state)
{
	const struct infer_tensor tensor = {.name = "out", .rank = 2, .dims = {100, 5}};
	struct gw_error error;

	assert_int_equal(head_of(&test_model)->fit(&test_model, &tensor, &error), -EINVAL);
	assert_non_null(strstr(error.text, "5 values for a box"));
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_sides_confidence_and_label),
		TEST(rows_of_a_batch_begin_with_the_picture),
		TEST(what_is_no_confidence_is_an_error),
		TEST(other_rows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
