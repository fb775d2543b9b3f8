#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/test_head.h"

#define CELLS 4 /* of 16 pixels */
#define VALUES 8 /* 4 sides, anything, 3 labels */

static float map[2][VALUES][CELLS][CELLS], fine[2][VALUES][2 * CELLS][2 * CELLS];
static struct gw_error error;

static int empty(void **state)
{
	static char coarse_name[] = "coarse", fine_name[] = "fine";
	static float large[] = {20, 30, 8, 8}, small[] = {4, 4, 6, 2};
	static struct model_anchors outputs[] = {
		{.tensor = coarse_name, .anchors = large, .anchors_count = 4},
		{.tensor = fine_name, .anchors = small, .anchors_count = 4},
	};

	test_head_is(MODEL_DETECT_YOLOV3);
	test_detect.outputs = outputs;
	test_detect.outputs_count = 2;
	test_tensors[0] = (struct infer_tensor){
		.name = "coarse", .rank = 3, .dims = {2 * VALUES, CELLS, CELLS}};
	test_tensors[1] = (struct infer_tensor){
		.name = "fine", .rank = 3, .dims = {2 * VALUES, 2 * CELLS, 2 * CELLS}};
	for (int a = 0; a < 2; a++)
		for (int v = 4; v < VALUES; v++) {
			for (int i = 0; i < CELLS * CELLS; i++)
				(&map[a][v][0][0])[i] = -9;
			for (int i = 0; i < 4 * CELLS * CELLS; i++)
				(&fine[a][v][0][0])[i] = -9;
		}
	return 0;
}

static void cells_and_anchors_make_boxes(void **state)
{
	map[0][4][1][2] = 2; /* anything: 0.880797 */
	map[0][6][1][2] = 3; /* the second label: 0.952574 */
	map[0][2][1][2] = logf(1.5f);
	fine[1][4][7][0] = 4;
	fine[1][5][7][0] = 4;
	assert_int_equal(test_head_read(&map[0][0][0][0], &fine[0][0][0][0], NULL), 0);
	assert_int_equal(test_result.count, 2);
	/* Cell (0, 7) of 8 pixels, its middle at (4, 60), an anchor of 6 x 2. */
	assert_box(0, 0, 0.964351f, 1, 59, 7, 61);
	/* Cell (2, 1) of 16 pixels, its middle at (40, 24), an anchor of 20 x 30, 1.5 times as
	 * wide. */
	assert_box(1, 1, 0.839025f, 25, 9, 55, 39);
}

static void what_is_no_number_is_an_error(void **state)
{
	map[1][0][3][3] = NAN;
	assert_int_equal(test_head_read(&map[0][0][0][0], &fine[0][0][0][0], NULL), -EDOM);
	map[1][0][3][3] = 0;
	/* A size that overflows. */
	map[1][2][3][3] = 200;
	map[1][4][3][3] = map[1][5][3][3] = 5;
	assert_int_equal(test_head_read(&map[0][0][0][0], &fine[0][0][0][0], NULL), -EDOM);
	memset(map, 0, sizeof(map));
}

static void shapes_that_do_not_fit_are_named(void **state)
{
	const struct head *head = head_of(&test_model);

	assert_int_equal(head->fit(&test_model, test_tensors, &error), 0);
	test_tensors[1].dims[0] = 255;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "\"fine\" has 255"));
	assert_non_null(strstr(error.text, "2 anchors with 3 labels need 2 x 8"));
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cells_and_anchors_make_boxes),
		TEST(what_is_no_number_is_an_error),
		TEST(shapes_that_do_not_fit_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
