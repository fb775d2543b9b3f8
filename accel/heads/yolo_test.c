#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

#define ANCHORS 84 /* cells of 8, 16 and 32 pixels in 64 x 64 */
#define VALUES 7

/* By anchor; `turned` is the same by value. */
static float rows[ANCHORS][VALUES + 1], turned[VALUES + 1][ANCHORS];
static struct gw_error error;

static int empty(void **state)
{
	test_head_is(MODEL_DETECT_YOLO);
	test_detect.box = MODEL_BOX_CXCYWH;
	memset(rows, 0, sizeof(rows));
	return 0;
}

static void put(
	uint32_t anchor, float x, float y, float width, float height, float a, float b, float c)
{
	const float values[] = {x, y, width, height, a, b, c};

	memcpy(rows[anchor], values, sizeof(values));
}

static int read_by_value(void)
{
	for (int i = 0; i < ANCHORS; i++)
		for (int k = 0; k < VALUES + 1; k++)
			turned[k][i] = rows[i][k];
	test_tensors[0] = (struct infer_tensor){
		.name = "out", .rank = 2, .dims = {VALUES + test_detect.objectness, ANCHORS}};
	return test_head_read(turned[0], NULL, NULL);
}

static int read_by_anchor(void)
{
	const uint32_t values = VALUES + test_detect.objectness;
	static float packed[ANCHORS * (VALUES + 1)];

	for (uint32_t i = 0; i < ANCHORS; i++)
		memcpy(packed + i * values, rows[i], values * sizeof(float));
	test_tensors[0] =
		(struct infer_tensor){.name = "out", .rank = 2, .dims = {ANCHORS, values}};
	return test_head_read(packed, NULL, NULL);
}

static void both_orders_give_the_same(void **state)
{
	put(3, 20, 30, 10, 20, 0.1f, 0.8f, 0);
	put(80, 40, 40, 8, 8, 0.6f, 0, 0.7f);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(turn ? read_by_value() : read_by_anchor(), 0);
		assert_int_equal(test_result.count, 3);
		assert_box(0, 1, 0.8f, 15, 20, 25, 40);
		assert_box(1, 2, 0.7f, 36, 36, 44, 44);
		assert_box(2, 0, 0.6f, 36, 36, 44, 44);
	}
}

static void the_lesser_of_two_boxes_of_a_label_goes(void **state)
{
	put(0, 20, 20, 10, 10, 0.9f, 0, 0);
	put(1, 21, 20, 10, 10, 0.8f, 0, 0); /* 9 of 11 in common */
	put(2, 21, 20, 10, 10, 0, 0.7f, 0);
	put(3, 26, 20, 10, 10, 0.6f, 0, 0); /* 4 of 16 */
	assert_int_equal(read_by_value(), 0);
	assert_int_equal(test_result.count, 3);
	assert_box(0, 0, 0.9f, 15, 15, 25, 25);
	assert_box(1, 1, 0.7f, 16, 15, 26, 25);
	assert_box(2, 0, 0.6f, 21, 15, 31, 25);
	test_detect.iou = 0.9f;
	assert_int_equal(read_by_value(), 0);
	assert_int_equal(test_result.count, 4);
}

static void what_was_suppressed_suppresses_nothing(void **state)
{
	put(0, 20, 20, 10, 10, 0.9f, 0, 0);
	put(1, 23, 20, 10, 10, 0.8f, 0, 0); /* 7 of 13: goes */
	put(2, 26, 20, 10, 10, 0.7f, 0, 0); /* 7 of 13 with what has gone */
	assert_int_equal(read_by_anchor(), 0);
	assert_int_equal(test_result.count, 2);
	assert_box(1, 0, 0.7f, 21, 15, 31, 25);
}

static void objectness_is_a_factor(void **state)
{
	test_detect.objectness = true;
	put(5, 20, 30, 10, 20, 0.5f, 0.1f, 0.8f);
	rows[5][7] = 0.9f; /* 0.5 of anything; 0.1, 0.8 and 0.9 for the labels */
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(turn ? read_by_value() : read_by_anchor(), 0);
		assert_int_equal(test_result.count, 2);
		assert_box(0, 2, 0.45f, 15, 20, 25, 40);
		assert_box(1, 1, 0.4f, 15, 20, 25, 40);
	}
}

/* YOLOX: cell 9 of the first grid is (1, 1), cell 64 the first one of the second. */
static void grids_are_laid_over_the_input(void **state)
{
	test_detect.grid = true;
	put(9, 0.5f, 0.25f, 0, logf(2), 0.9f, 0, 0);
	put(64 + 6, 0, 0, 0, 0, 0, 0.8f, 0);
	assert_int_equal(read_by_anchor(), 0);
	assert_int_equal(test_result.count, 2);
	assert_box(0, 0, 0.9f, 12 - 4, 10 - 8, 12 + 4, 10 + 8);
	assert_box(1, 1, 0.8f, 32 - 8, 16 - 8, 32 + 8, 16 + 8);
}

static void logits_become_confidences(void **state)
{
	for (int i = 0; i < ANCHORS; i++)
		put((uint32_t)i, 20, 30, 10, 20, -9, -9, -9);
	put(7, 20, 30, 10, 20, 2, -9, -9);
	test_detect.sigmoid = true;
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(turn ? read_by_value() : read_by_anchor(), 0);
		assert_int_equal(test_result.count, 1);
		assert_box(0, 0, 0.880797f, 15, 20, 25, 40);
	}
	test_detect.sigmoid = false;
	assert_int_equal(read_by_anchor(), -ERANGE);
}

static void keypoints_follow_the_labels(void **state)
{
	static char nose[] = "nose", tail[] = "tail";
	static char *names[] = {nose, tail};
	static struct model_keypoints points = {.names = names, .names_count = 2};
	static float poses[ANCHORS][VALUES + 6];
	const float pose[] = {20, 30, 10, 20, 0.8f, 0, 0, 21, 22, 0.9f, 70, -3, 0.1f};

	test_detect.keypoints = &points;
	memset(poses, 0, sizeof(poses));
	memcpy(poses[4], pose, sizeof(pose));
	test_tensors[0] =
		(struct infer_tensor){.name = "out", .rank = 2, .dims = {ANCHORS, VALUES + 6}};
	assert_int_equal(test_head_read(poses[0], NULL, NULL), 0);
	assert_int_equal(test_result.count, 1);
	const struct gw_keypoint *found = gw_result_rest(&test_result, &test_result.findings[0]);

	assert_float_equal(found[0].at.x, 21, 1e-5);
	assert_float_equal(found[0].at.y, 22, 1e-5);
	assert_float_equal(found[0].confidence, 0.9, 1e-5);
	/* Half a cat has a tail all the same. */
	assert_float_equal(found[1].at.x, 70, 1e-5);
	assert_float_equal(found[1].at.y, -3, 1e-5);
	test_result.extra_room = 20;
	assert_int_equal(test_head_read(poses[0], NULL, NULL), -ENOBUFS);
}

static void what_is_no_number_is_an_error(void **state)
{
	put(7, 20, 30, 10, 20, NAN, 0, 0);
	assert_int_equal(read_by_value(), -EDOM);
	assert_int_equal(read_by_anchor(), -EDOM);
	put(7, 20, INFINITY, 10, 20, 0.9f, 0, 0);
	assert_int_equal(read_by_value(), -EDOM);
	assert_int_equal(test_result.count, 0);
}

static void more_boxes_than_are_kept_leave_the_best(void **state)
{
	test_detect.iou = 1;
	test_detect.max_boxes = 10;
	for (int i = 0; i < ANCHORS; i++)
		put((uint32_t)i, 20, 30, 10, 20, 0.3f + (float)(i * 37 % 84) / 200, 0, 0);
	assert_int_equal(read_by_value(), 0);
	assert_int_equal(test_result.count, 10);
	for (int i = 0; i < 10; i++)
		assert_float_equal(
			test_result.findings[i].confidence, 0.3 + (83 - i) / 200.0, 1e-5);
}

static void shapes_that_do_not_fit_are_named(void **state)
{
	struct infer_tensor tensor = {.name = "out", .rank = 2, .dims = {85, 8400}};
	const struct head *head = head_of(&test_model);

	assert_int_equal(head->fit(&test_model, &tensor, &error), -EINVAL);
	assert_non_null(strstr(error.text, "85 x 8400"));
	assert_non_null(strstr(error.text, "3 labels need 7"));
	tensor.dims[0] = VALUES;
	assert_int_equal(head->fit(&test_model, &tensor, &error), 0);
	test_detect.grid = true;
	assert_int_equal(head->fit(&test_model, &tensor, &error), -EINVAL);
	assert_non_null(strstr(error.text, "84 cells"));
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_orders_give_the_same),
		TEST(the_lesser_of_two_boxes_of_a_label_goes),
		TEST(what_was_suppressed_suppresses_nothing),
		TEST(objectness_is_a_factor),
		TEST(grids_are_laid_over_the_input),
		TEST(logits_become_confidences),
		TEST(keypoints_follow_the_labels),
		TEST(what_is_no_number_is_an_error),
		TEST(more_boxes_than_are_kept_leave_the_best),
		TEST(shapes_that_do_not_fit_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
