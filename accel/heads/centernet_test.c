#include "core/test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/head.h"

#define SIDE 8 /* cells; the input has 32 x 32 pixels */
#define LABELS 2

static struct model_detect options = {.stride = 4, .threshold = 0.35f, .max_boxes = 100};
static const struct model_description model = {
	.task = GW_TASK_DETECT,
	.labels_count = LABELS,
	.input = {.width = 4 * SIDE, .height = 4 * SIDE},
	.detect = &options,
};
/* The source is the input. */
static const struct input_map same = {
	.step_x = 1, .step_y = 1, .right = 4 * SIDE, .bottom = 4 * SIDE};

struct maps {
	float heat[LABELS][SIDE][SIDE];
	float size[4][SIDE][SIDE];
	struct gw_result result;
	int status;
};

static int empty_maps(void **state)
{
	static struct maps maps;

	memset(&maps, 0, sizeof(maps));
	options = (struct model_detect){.stride = 4, .threshold = 0.35f, .max_boxes = 100};
	for (int side = 0; side < 4; side++)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				maps.size[side][y][x] = 1 + (float)side;
	*state = &maps;
	return 0;
}

static void run(struct maps *m, const struct input_map *map)
{
	const struct head_job job = {
		.description = &model,
		.map = map,
		.values = {&m->heat[0][0][0], &m->size[0][0][0]},
	};

	m->status = head_of(&model)->read(&job, &m->result);
}

static void a_peak_becomes_a_box_around_its_cells_corner(void **state)
{
	struct maps *m = *state;

	m->heat[1][3][5] = 0.7f;
	run(m, &same);
	assert_int_equal(m->result.task, GW_TASK_DETECT);
	assert_int_equal(m->result.count, 1);
	assert_int_equal(m->result.findings[0].index, 1);
	assert_float_equal(m->result.findings[0].confidence, 0.7, 1e-6);
	assert_float_equal(m->result.findings[0].x0, 20 - 1, 1e-5);
	assert_float_equal(m->result.findings[0].y0, 12 - 2, 1e-5);
	assert_float_equal(m->result.findings[0].x1, 20 + 3, 1e-5);
	assert_float_equal(m->result.findings[0].y1, 12 + 4, 1e-5);
}

static void a_cell_beside_a_higher_one_is_no_peak(void **state)
{
	struct maps *m = *state;

	m->heat[0][3][3] = 0.6f;
	m->heat[0][4][4] = 0.7f;
	m->heat[0][4][6] = 0.5f;
	/* Another class does not compete. */
	m->heat[1][3][3] = 0.4f;
	run(m, &same);
	assert_int_equal(m->result.count, 3);
	assert_float_equal(m->result.findings[0].confidence, 0.7, 1e-6);
	assert_float_equal(m->result.findings[1].confidence, 0.5, 1e-6);
	assert_float_equal(m->result.findings[2].confidence, 0.4, 1e-6);
}

static void the_threshold_itself_is_enough(void **state)
{
	struct maps *m = *state;

	m->heat[0][1][1] = options.threshold;
	m->heat[0][6][6] = nextafterf(options.threshold, 0);
	run(m, &same);
	assert_int_equal(m->result.count, 1);
}

static void peaks_on_the_edge_are_found(void **state)
{
	struct maps *m = *state;

	m->heat[0][0][0] = 0.5f;
	m->heat[0][SIDE - 1][SIDE - 1] = 0.5f;
	m->heat[0][0][SIDE - 1] = 0.5f;
	m->heat[0][SIDE - 1][0] = 0.5f;
	run(m, &same);
	assert_int_equal(m->result.count, 4);
}

static void boxes_are_in_source_pixels_of_the_region(void **state)
{
	const struct input_map region = {.origin_x = 100,
		.origin_y = 50,
		.step_x = 2,
		.step_y = 3,
		.pad_x = 4,
		.left = 100,
		.top = 50,
		.right = 164,
		.bottom = 146};
	struct maps *m = *state;

	m->heat[0][2][3] = 0.5f;
	run(m, &region);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].x0, 100 + (12 - 4 - 1) * 2, 1e-4);
	assert_float_equal(m->result.findings[0].y0, 50 + (8 - 2) * 3, 1e-4);
	assert_float_equal(m->result.findings[0].x1, 100 + (12 - 4 + 3) * 2, 1e-4);
	assert_float_equal(m->result.findings[0].y1, 50 + (8 + 4) * 3, 1e-4);
}

static void boxes_end_at_the_edge_of_what_was_seen(void **state)
{
	struct maps *m = *state;

	m->heat[0][0][0] = 0.5f;
	m->size[2][0][0] = 1000;
	run(m, &same);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].x0, 0, 0);
	assert_float_equal(m->result.findings[0].y0, 0, 0);
	assert_float_equal(m->result.findings[0].x1, 32, 0);
}

static void boxes_without_area_are_left_out(void **state)
{
	struct maps *m = *state;

	m->heat[0][0][0] = 0.5f;
	m->size[2][0][0] = -5;
	m->heat[0][7][7] = 0.5f;
	run(m, &same);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].x0, 27, 1e-5);
}

static void only_the_best_boxes_are_kept(void **state)
{
	struct maps *m = *state;

	options.max_boxes = 2;
	m->heat[0][1][1] = 0.5f;
	m->heat[0][4][4] = 0.9f;
	m->heat[0][1][6] = 0.4f;
	m->heat[1][6][6] = 0.6f;
	run(m, &same);
	assert_int_equal(m->result.count, 2);
	assert_float_equal(m->result.findings[0].confidence, 0.9, 1e-6);
	assert_float_equal(m->result.findings[1].confidence, 0.6, 1e-6);
}

static void a_map_full_of_peaks_does_not_overflow_the_result(void **state)
{
	struct maps *m = *state;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			m->heat[0][y][x] = m->heat[1][y][x] = 0.5f;
	run(m, &same);
	assert_int_equal(m->result.count, GW_BOXES);
}

/* It would look like an empty scene for ever. */
static void what_is_no_number_is_an_error(void **state)
{
	struct maps *m = *state;

	m->heat[0][2][2] = NAN;
	run(m, &same);
	assert_int_equal(m->status, -EDOM);
	assert_int_equal(m->result.count, 0);
	m->heat[0][2][2] = 0.5f;
	m->size[0][2][2] = INFINITY;
	run(m, &same);
	assert_int_equal(m->status, -EDOM);
}

static void what_is_no_probability_is_an_error(void **state)
{
	struct maps *m = *state;

	m->heat[1][2][2] = 3;
	run(m, &same);
	assert_int_equal(m->status, -ERANGE);
	m->heat[1][2][2] = -3;
	run(m, &same);
	assert_int_equal(m->status, -ERANGE);
	options.sigmoid = true;
	run(m, &same);
	assert_int_equal(m->status, 0);
}

static void logits_become_confidences(void **state)
{
	struct maps *m = *state;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			m->heat[0][y][x] = m->heat[1][y][x] = -9;
	options.sigmoid = true;
	m->heat[1][3][5] = 2;
	m->heat[0][6][6] = -0.61f; /* just above the threshold's logit */
	m->heat[0][1][1] = -0.63f;
	run(m, &same);
	assert_int_equal(m->result.count, 2);
	assert_float_equal(m->result.findings[0].confidence, 0.880797, 1e-5);
}

/* CenterFace: vertical first, logarithms of cells, centres in the middle of the cell. */
static void sizes_may_be_logarithms_and_vertical_first(void **state)
{
	struct maps *m = *state;
	float offset[2][SIDE][SIDE] = {0};
	const struct head_job job = {
		.description = &model,
		.map = &same,
		.values = {&m->heat[0][0][0], &m->size[0][0][0], &offset[0][0][0]},
	};

	options.size_is = MODEL_SIZE_LOG_CELLS;
	options.vertical_first = true;
	options.shift = 0.5f;
	options.offset = (char[]){"offset"};
	m->heat[0][3][4] = 0.9f;
	m->size[0][3][4] = logf(2); /* 8 pixels high */
	m->size[1][3][4] = logf(1.5f); /* 6 wide */
	offset[0][3][4] = 0.25f; /* down */
	offset[1][3][4] = -0.25f; /* left */
	assert_int_equal(head_of(&model)->read(&job, &m->result), 0);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].x0, 4.25f * 4 - 3, 1e-4);
	assert_float_equal(m->result.findings[0].x1, 4.25f * 4 + 3, 1e-4);
	assert_float_equal(m->result.findings[0].y0, 3.75f * 4 - 4, 1e-4);
	assert_float_equal(m->result.findings[0].y1, 3.75f * 4 + 4, 1e-4);
}

/* As parts of the box. */
static void landmarks_lie_within_the_box(void **state)
{
	static char tensor[] = "landmarks", eye[] = "eye";
	static char *names[] = {eye};
	static struct model_keypoints points = {.tensor = tensor, .names = names, .names_count = 1};
	static float landmarks[2][SIDE][SIDE];
	static _Alignas(8) uint8_t slot[64];
	struct maps *m = *state;
	const struct head_job job = {
		.description = &model,
		.map = &same,
		.values = {&m->heat[0][0][0], &m->size[0][0][0], &landmarks[0][0][0]},
	};

	m->result.extra = slot;
	m->result.extra_room = sizeof(slot);
	options.size_is = MODEL_SIZE_PIXELS;
	options.keypoints = &points;
	m->heat[0][3][4] = 0.9f;
	m->size[0][3][4] = 8;
	m->size[1][3][4] = 6;
	landmarks[0][3][4] = 0.25f;
	landmarks[1][3][4] = 0.5f;
	assert_int_equal(head_of(&model)->read(&job, &m->result), 0);
	assert_int_equal(m->result.count, 1);
	const struct gw_keypoint *found = gw_result_rest(&m->result, &m->result.findings[0]);

	/* The box is 12 .. 20 by 9 .. 15. */
	assert_float_equal(found[0].at.x, 14, 1e-4);
	assert_float_equal(found[0].at.y, 12, 1e-4);
}

static void labels_may_have_thresholds_of_their_own(void **state)
{
	float thresholds[LABELS] = {2, 0.6f};
	struct maps *m = *state;

	options.label_threshold = thresholds;
	m->heat[0][2][2] = 1;
	m->heat[1][4][4] = 0.55f;
	m->heat[1][6][6] = 0.65f;
	run(m, &same);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].confidence, 0.65, 1e-6);
}

static void what_is_too_small_is_left_out(void **state)
{
	struct maps *m = *state;

	options.min_size = 5;
	m->heat[0][3][3] = m->heat[0][5][5] = 0.5f; /* 4 wide, 6 high */
	m->size[0][5][5] = 2;
	run(m, &same);
	assert_int_equal(m->result.count, 1);
	assert_float_equal(m->result.findings[0].x0, 18, 1e-5);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_maps)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_peak_becomes_a_box_around_its_cells_corner),
		TEST(a_cell_beside_a_higher_one_is_no_peak),
		TEST(the_threshold_itself_is_enough),
		TEST(peaks_on_the_edge_are_found),
		TEST(boxes_are_in_source_pixels_of_the_region),
		TEST(boxes_end_at_the_edge_of_what_was_seen),
		TEST(boxes_without_area_are_left_out),
		TEST(only_the_best_boxes_are_kept),
		TEST(a_map_full_of_peaks_does_not_overflow_the_result),
		TEST(what_is_no_number_is_an_error),
		TEST(what_is_no_probability_is_an_error),
		TEST(logits_become_confidences),
		TEST(sizes_may_be_logarithms_and_vertical_first),
		TEST(landmarks_lie_within_the_box),
		TEST(labels_may_have_thresholds_of_their_own),
		TEST(what_is_too_small_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
