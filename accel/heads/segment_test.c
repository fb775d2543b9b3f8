#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

#define CELLS 8 /* of 8 pixels */
#define LABELS 3

static float scores[LABELS][CELLS][CELLS];
static struct model_segment options;

static int empty(void **state)
{
	test_head_is(MODEL_DETECT_BOXES);
	options = (struct model_segment){0};
	test_model.task = GW_TASK_SEGMENT;
	test_model.detect = NULL;
	test_model.segment = &options;
	test_tensors[0] =
		(struct infer_tensor){.name = "map", .rank = 3, .dims = {LABELS, CELLS, CELLS}};
	memset(scores, 0, sizeof(scores));
	return 0;
}

static const struct gw_mask *mask(void)
{
	assert_int_equal(test_result.count, 1);
	return gw_result_rest(&test_result, &test_result.findings[0]);
}

static void the_largest_value_of_a_cell_counts(void **state)
{
	for (int x = 2; x < CELLS; x++)
		scores[2][1][x] = 1;
	scores[1][2][0] = 0.5f;
	assert_int_equal(test_head_read(scores[0][0], NULL, NULL), 0);
	assert_int_equal(test_result.task, GW_TASK_SEGMENT);
	assert_int_equal(mask()->width, CELLS);
	assert_int_equal(mask()->height, CELLS);
	assert_int_equal(mask()->count, 4);
	assert_int_equal(mask()->run[0].length, 10);
	assert_int_equal(mask()->run[1].index, 2);
	assert_int_equal(mask()->run[1].length, 6);
	assert_int_equal(mask()->run[2].index, 1);
	assert_int_equal(mask()->run[2].length, 1);
	assert_int_equal(mask()->run[3].length, 47);
	assert_float_equal(test_result.findings[0].x1, TEST_SIDE, 1e-6);
}

static void numbers_of_labels_are_taken_as_they_are(void **state)
{
	float *labels = &scores[0][0][0];

	options.labels = true;
	test_tensors[0] = (struct infer_tensor){.name = "map", .rank = 2, .dims = {CELLS, CELLS}};
	labels[63] = 2;
	assert_int_equal(test_head_read(labels, NULL, NULL), 0);
	assert_int_equal(mask()->count, 2);
	assert_int_equal(mask()->run[1].index, 2);
	labels[0] = 3;
	assert_int_equal(test_head_read(labels, NULL, NULL), -EDOM);
	labels[0] = -1;
	assert_int_equal(test_head_read(labels, NULL, NULL), -EDOM);
	labels[0] = NAN;
	assert_int_equal(test_head_read(labels, NULL, NULL), -EDOM);
}

/* A wide picture fills the middle of the input; above and below there is nothing of it. */
static void what_was_filled_in_is_no_part_of_the_mask(void **state)
{
	const struct input_map wide = {
		.step_x = 2, .step_y = 2, .pad_y = 16, .right = 2 * TEST_SIDE, .bottom = TEST_SIDE};
	const struct head_job job = {
		.description = &test_model,
		.map = &wide,
		.tensors = test_tensors,
		.values = {scores[0][0]},
		.rows = {LABELS},
	};

	scores[1][2][0] = 1;
	assert_int_equal(head_of(&test_model)->read(&job, &test_result), 0);
	assert_int_equal(mask()->width, CELLS);
	assert_int_equal(mask()->height, CELLS / 2);
	assert_int_equal(mask()->run[0].index, 1);
	assert_int_equal(mask()->run[1].length, 31);
	assert_float_equal(test_result.findings[0].x1, 128, 1e-6);
	assert_float_equal(test_result.findings[0].y1, 64, 1e-6);
}

static void a_mask_that_finds_no_room_is_an_error(void **state)
{
	for (int i = 0; i < CELLS * CELLS; i += 2)
		(&scores[1][0][0])[i] = 1;
	test_result.extra_room = 100;
	assert_int_equal(test_head_read(scores[0][0], NULL, NULL), -ENOBUFS);
	assert_int_equal(test_result.count, 0);
	assert_int_equal(test_result.extra_size, 0);
}

static void what_is_no_number_is_an_error(void **state)
{
	scores[2][7][7] = NAN;
	assert_int_equal(test_head_read(scores[0][0], NULL, NULL), -EDOM);
}

static void another_number_of_labels_is_refused(void **state)
{
	struct gw_error error;

	test_tensors[0].dims[0] = 21;
	assert_int_equal(head_of(&test_model)->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "21 values for a cell, and there are 3 labels"));
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_largest_value_of_a_cell_counts),
		TEST(numbers_of_labels_are_taken_as_they_are),
		TEST(what_was_filled_in_is_no_part_of_the_mask),
		TEST(a_mask_that_finds_no_room_is_an_error),
		TEST(what_is_no_number_is_an_error),
		TEST(another_number_of_labels_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
