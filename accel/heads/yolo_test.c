#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

#define ANCHORS 84 /* cells of 8, 16 and 32 pixels in 64 x 64 */
#define VALUES 7
#define MORE 2 /* that may follow */

/* By anchor; `turned` is the same by value. */
static float rows[ANCHORS][VALUES + MORE], turned[VALUES + MORE][ANCHORS];
static const float *second; /* output */
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

static int read_wide_by_value(uint32_t more)
{
	for (int i = 0; i < ANCHORS; i++)
		for (int k = 0; k < VALUES + MORE; k++)
			turned[k][i] = rows[i][k];
	test_tensors[0] =
		(struct infer_tensor){.name = "out", .rank = 2, .dims = {VALUES + more, ANCHORS}};
	return test_head_read(turned[0], second, NULL);
}

static int read_by_value(void)
{
	return read_wide_by_value(test_detect.objectness);
}

static int read_wide_by_anchor(uint32_t more)
{
	const uint32_t values = VALUES + more;
	static float packed[ANCHORS * (VALUES + MORE)];

	for (uint32_t i = 0; i < ANCHORS; i++)
		memcpy(packed + i * values, rows[i], values * sizeof(float));
	test_tensors[0] =
		(struct infer_tensor){.name = "out", .rank = 2, .dims = {ANCHORS, values}};
	return test_head_read(packed, second, NULL);
}

static int read_by_anchor(void)
{
	return read_wide_by_anchor(test_detect.objectness);
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

/* Boxes that lie askew: (cos, sin) of the angle is where its width points. */
static void rotated_boxes_have_four_corners(void **state)
{
	test_detect.rotated = true;
	put(5, 32, 32, 20, 10, 0.9f, 0, 0);
	rows[5][VALUES] = 0.5235988f; /* 30 degrees */
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(turn ? read_wide_by_value(1) : read_wide_by_anchor(1), 0);
		assert_int_equal(test_result.count, 1);
		/* Half of it: 10 (cos, sin) and 5 (-sin, cos). */
		const float u = 8.660254f, v = 5, s = 2.5f, t = 4.330127f;

		assert_box(0, 0, 0.9f, 32 - u - s, 32 - v - t, 32 + u + s, 32 + v + t);
		assert_int_equal(test_result.findings[0].rest, GW_REST_CORNERS);
		const struct gw_point *corner =
			gw_result_rest(&test_result, &test_result.findings[0]);
		const float expected[4][2] = {
			{32 - u + s, 32 - v - t},
			{32 + u + s, 32 + v - t},
			{32 + u - s, 32 + v + t},
			{32 - u - s, 32 - v + t},
		};
		uint32_t first = 0;

		/* Which is the first is a matter of taste; they go round clockwise. */
		while (first < 3 && fabsf(corner[0].x - expected[first][0]) > 0.01f)
			first++;
		for (uint32_t i = 0; i < 4; i++) {
			assert_float_equal(corner[i].x, expected[(first + i) % 4][0], 1e-3);
			assert_float_equal(corner[i].y, expected[(first + i) % 4][1], 1e-3);
		}
	}
}

/* Two that cross have upright boxes alike and little in common. */
static void rotated_boxes_are_suppressed_as_they_lie(void **state)
{
	test_detect.rotated = true;
	put(0, 32, 32, 40, 4, 0.9f, 0, 0);
	put(1, 32, 32, 40, 4, 0.8f, 0, 0);
	put(2, 32, 33, 40, 4, 0.7f, 0, 0);
	rows[0][VALUES] = rows[2][VALUES] = 0.7853982f;
	rows[1][VALUES] = -0.7853982f;
	assert_int_equal(read_wide_by_value(1), 0);
	assert_int_equal(test_result.count, 2);
	assert_float_equal(test_result.findings[1].confidence, 0.8f, 1e-6);
	rows[1][VALUES] = NAN;
	assert_int_equal(read_wide_by_value(1), -EDOM);
}

/* Two maps of 16 x 16 cells: what lies left of the middle, and what lies above it. */
static void masks_are_where_the_sum_of_maps_is_above_zero(void **state)
{
	static float maps[2][16][16];

	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 16; x++) {
			maps[0][y][x] = x < 8 ? 1 : -1;
			maps[1][y][x] = y < 8 ? 1 : -1;
		}
	test_detect.masks = (char[]){"maps"};
	put(7, 32, 32, 16, 24, 0, 0.8f, 0);
	rows[7][VALUES] = 1;
	rows[7][VALUES + 1] = 0.5f;
	put(9, 12, 12, 8, 8, 0.6f, 0, 0);
	rows[9][VALUES] = -1;
	for (int turn = 0; turn < 2; turn++) {
		test_tensors[1] =
			(struct infer_tensor){.name = "maps", .rank = 3, .dims = {2, 16, 16}};
		second = maps[0][0];
		assert_int_equal(turn ? read_wide_by_value(2) : read_wide_by_anchor(2), 0);
		second = NULL;
		assert_int_equal(test_result.count, 2);
		const struct gw_shape *shape =
			gw_result_rest(&test_result, &test_result.findings[0]);

		/* Cells of 4 pixels: columns 6 to 9, rows 5 to 10; the left two of each row. */
		assert_int_equal(test_result.findings[0].rest, GW_REST_SHAPE);
		assert_int_equal(shape->width, 4);
		assert_int_equal(shape->height, 6);
		assert_float_equal(shape->x0, 24, 1e-4);
		assert_float_equal(shape->y0, 20, 1e-4);
		assert_float_equal(shape->x1, 40, 1e-4);
		assert_float_equal(shape->y1, 44, 1e-4);
		assert_int_equal(shape->count, 13);
		for (uint32_t i = 0; i < 13; i++)
			assert_int_equal(shape->run[i], i == 0 ? 0 : 2);
		/* Nothing of it. */
		shape = gw_result_rest(&test_result, &test_result.findings[1]);
		assert_int_equal(shape->count, 1);
		assert_int_equal(shape->run[0], 4);
	}
	rows[7][VALUES] = INFINITY;
	second = maps[0][0];
	assert_int_equal(read_wide_by_value(2), -EDOM);
	test_result.extra_room = 40;
	rows[7][VALUES] = 1;
	assert_int_equal(read_wide_by_value(2), -ENOBUFS);
	second = NULL;
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
		TEST(rotated_boxes_have_four_corners),
		TEST(rotated_boxes_are_suppressed_as_they_lie),
		TEST(masks_are_where_the_sum_of_maps_is_above_zero),
		TEST(shapes_that_do_not_fit_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
