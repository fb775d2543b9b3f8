#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

static float map[TEST_SIDE][TEST_SIDE];
static struct model_text options;

static int empty(void **state)
{
	test_head_is(MODEL_DETECT_BOXES);
	options = (struct model_text){.threshold = 0.3f,
		.box_threshold = 0.6f,
		.unclip = 1.5f,
		.max_boxes = GW_BOXES,
		.min_size = 3};
	test_model.task = GW_TASK_TEXT;
	test_model.detect = NULL;
	test_model.text = &options;
	test_tensors[0] =
		(struct infer_tensor){.name = "map", .rank = 3, .dims = {1, TEST_SIDE, TEST_SIDE}};
	memset(map, 0, sizeof(map));
	return 0;
}

static void fill(int x0, int y0, int x1, int y1, float value)
{
	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++)
			map[y][x] = value;
}

static void a_word_grows_by_what_it_was_shrunk(void **state)
{
	fill(10, 20, 30, 26, 0.9f);
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_int_equal(test_result.task, GW_TASK_TEXT);
	assert_int_equal(test_result.count, 1);
	/* 20 x 6: 120 x 1.5 / 52 = 3.46 on each side. */
	const struct gw_point *corners = gw_result_rest(&test_result, &test_result.findings[0]);

	assert_box(0, 0, 0.9f, 6.538462f, 16.538462f, 33.461538f, 29.461538f);
	assert_float_equal(corners[0].x, 6.538462, 1e-3);
	assert_float_equal(corners[0].y, 16.538462, 1e-3);
	assert_float_equal(corners[2].x, 33.461538, 1e-3);
	assert_float_equal(corners[2].y, 29.461538, 1e-3);
}

/* The arms of a U are one part only where they meet, below. */
static void parts_that_meet_later_are_one(void **state)
{
	fill(10, 10, 14, 30, 0.9f);
	fill(26, 10, 30, 30, 0.9f);
	fill(10, 26, 30, 30, 0.9f);
	fill(40, 40, 50, 50, 0.8f);
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_int_equal(test_result.count, 2);
	options.unclip = 0;
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_box(0, 0, 0.9f, 10, 10, 30, 30);
	assert_box(1, 0, 0.8f, 40, 40, 50, 50);
}

static void slanted_words_have_slanted_corners(void **state)
{
	options.unclip = 0;
	for (int i = 0; i < 30; i++)
		fill(10 + i, 10 + i, 18 + i, 12 + i, 0.9f);
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_int_equal(test_result.count, 1);
	const struct gw_point *corners = gw_result_rest(&test_result, &test_result.findings[0]);
	const float first = hypotf(corners[1].x - corners[0].x, corners[1].y - corners[0].y);
	const float second = hypotf(corners[2].x - corners[1].x, corners[2].y - corners[1].y);

	/* Half as large as the upright box. */
	assert_true(first * second < 0.5f * 37 * 31);
}

static void faint_and_small_parts_are_none(void **state)
{
	fill(10, 10, 30, 16, 0.5f); /* below the mean that is asked for */
	fill(40, 10, 60, 12, 0.9f); /* two pixels high */
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_int_equal(test_result.count, 0);
}

static void the_map_may_be_smaller_than_the_input(void **state)
{
	options.unclip = 0;
	test_tensors[0].dims[1] = test_tensors[0].dims[2] = TEST_SIDE / 2;
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 10; k++)
			(&map[0][0])[(8 + i) * TEST_SIDE / 2 + 4 + k] = 1;
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_box(0, 0, 1, 8, 16, 28, 28);
}

static void a_map_of_noise_ends(void **state)
{
	for (int y = 0; y < TEST_SIDE; y++)
		for (int x = 0; x < TEST_SIDE; x++)
			map[y][x] = (x + y) % 2 ? 1 : 0;
	options.min_size = 1;
	assert_int_equal(test_head_read(map[0], NULL, NULL), 0);
	assert_in_range(test_result.count, 1, GW_BOXES);
}

static void what_is_no_probability_is_an_error(void **state)
{
	map[5][5] = 7;
	assert_int_equal(test_head_read(map[0], NULL, NULL), -ERANGE);
	map[5][5] = NAN;
	assert_int_equal(test_head_read(map[0], NULL, NULL), -EDOM);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_word_grows_by_what_it_was_shrunk),
		TEST(parts_that_meet_later_are_one),
		TEST(slanted_words_have_slanted_corners),
		TEST(faint_and_small_parts_are_none),
		TEST(the_map_may_be_smaller_than_the_input),
		TEST(a_map_of_noise_ends),
		TEST(what_is_no_probability_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
