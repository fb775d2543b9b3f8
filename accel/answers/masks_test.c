/* Maps of labels, of one size and of several, and shapes against their definition. */
#include "accel/answers/test_answers.h"

#include <stdlib.h>

#include "accel/answers/own.h"

#define MOST_CELLS 4096

/* Adds a map whose cells are these labels, over that part of the picture. */
static void add_map(struct gw_result *result, uint16_t width, uint16_t height,
	const uint16_t *labels, struct gw_finding part)
{
	static _Alignas(struct gw_mask)
		uint8_t room[sizeof(struct gw_mask) + MOST_CELLS * sizeof(struct gw_run)];
	struct gw_mask *made = (struct gw_mask *)room;
	const uint32_t cells = (uint32_t)width * height;

	*made = (struct gw_mask){width, height, 0};
	for (uint32_t i = 0; i < cells; i++) {
		if (i == 0 || labels[i] != labels[i - 1])
			made->run[made->count++] = (struct gw_run){labels[i], 0};
		made->run[made->count - 1].length++;
	}
	test_answers_add(result, part, made, sizeof(*made) + made->count * sizeof(made->run[0]));
}

static const struct gw_finding whole = {.confidence = 1, .x1 = 640, .y1 = 480};

static void maps_of_one_size_differ_cell_by_cell(void **state)
{
	uint16_t one[64], other[64];

	for (int round = 0; round < 50; round++) {
		uint32_t apart = 0;

		srand((unsigned)round);
		for (int i = 0; i < 64; i++) {
			one[i] = (uint16_t)(rand() % 3);
			other[i] = (uint16_t)(rand() % 4 ? one[i] : rand() % 3);
			apart += one[i] != other[i];
		}
		test_answers_clear(NULL);
		test_answers_are(GW_TASK_SEGMENT);
		add_map(&test_one, 16, 4, one, whole);
		add_map(&test_other, 16, 4, other, whole);
		assert_float_equal(test_answers_apart(), (float)apart / 64, 1e-6);
	}
}

static void a_finer_map_of_the_same_is_the_same(void **state)
{
	uint16_t coarse[16], fine[64];

	for (uint16_t i = 0; i < 16; i++)
		coarse[i] = (uint16_t)(i * 7 % 5);
	for (int i = 0; i < 64; i++)
		fine[i] = coarse[i / 16 * 4 + i % 8 / 2];
	test_answers_are(GW_TASK_SEGMENT);
	add_map(&test_one, 4, 4, coarse, whole);
	add_map(&test_other, 8, 8, fine, whole);
	assert_float_equal(test_answers_apart(), 0, 0);
	fine[0] = fine[63] = 9;
	test_answers_clear(NULL);
	test_answers_are(GW_TASK_SEGMENT);
	add_map(&test_one, 4, 4, coarse, whole);
	add_map(&test_other, 8, 8, fine, whole);
	assert_float_equal(test_answers_apart(), 2 / 64.0f, 1e-6);
}

static void what_only_one_has_seen_does_not_count(void **state)
{
	const struct gw_finding left = {.confidence = 1, .x1 = 320, .y1 = 480};
	const struct gw_finding right = {.confidence = 1, .x0 = 320, .x1 = 640, .y1 = 480};
	static const uint16_t halves[] = {1, 2, 1, 2}, all_1[] = {1, 1, 1, 1};

	test_answers_are(GW_TASK_SEGMENT);
	add_map(&test_one, 2, 2, halves, whole);
	add_map(&test_other, 2, 2, all_1, left);
	assert_float_equal(test_answers_apart(), 0, 0);
	test_other.findings[0].x0 = right.x0;
	test_other.findings[0].x1 = right.x1;
	assert_float_equal(test_answers_apart(), 1, 0);
	/* Nothing was seen by both. */
	test_one.findings[0].x1 = left.x1;
	assert_float_equal(test_answers_apart(), 1, 0);
}

static void a_version_without_a_map_has_another_answer(void **state)
{
	static const uint16_t labels[] = {1, 2, 1, 2};

	test_answers_are(GW_TASK_SEGMENT);
	add_map(&test_one, 2, 2, labels, whole);
	assert_float_equal(test_answers_apart(), 1, 0);
}

/* Every cell is a run of its own, and rows of the coarser map are read twice. */
static void maps_of_other_sizes_are_read_to_their_ends(void **state)
{
	uint16_t fine[60 * 60], coarse[30 * 30];

	for (uint32_t i = 0; i < 60 * 60; i++)
		fine[i] = i % 2;
	for (uint32_t i = 0; i < 30 * 30; i++)
		coarse[i] = i % 2;
	test_answers_are(GW_TASK_SEGMENT);
	add_map(&test_one, 60, 60, fine, whole);
	add_map(&test_other, 30, 30, coarse, whole);
	/* Columns of one cell against those of two. */
	assert_float_equal(test_answers_apart(), 0.5f, 1e-6);
}

static const struct gw_shape *shape_of(
	void *room, float x, uint16_t width, uint16_t height, const uint8_t *inside)
{
	struct gw_shape *shape = room;
	const uint32_t cells = (uint32_t)width * height;

	*shape = (struct gw_shape){
		.x0 = x, .x1 = x + width, .y1 = height, .width = width, .height = height};
	for (uint32_t i = 0; i < cells; i++) {
		while (shape->count == 0 || (shape->count % 2 == 0) != (inside[i] == 1))
			shape->run[shape->count++] = 0;
		shape->run[shape->count - 1]++;
	}
	return shape;
}

/* At 32 x 32 points those of 16 x 16 cells are exact. */
static void shapes_have_in_common_what_their_cells_have(void **state)
{
	static _Alignas(8) uint8_t rooms[2][2048];
	uint8_t one[256], other[256];

	for (int round = 0; round < 50; round++) {
		uint32_t both = 0, any = 0;

		srand((unsigned)round);
		for (int i = 0; i < 256; i++) {
			one[i] = rand() % 3 == 0;
			other[i] = rand() % 4 == 0;
			both += one[i] && other[i];
			any += one[i] || other[i];
		}
		assert_float_equal(shapes_overlap(shape_of(rooms[0], 0, 16, 16, one),
					   shape_of(rooms[1], 0, 16, 16, other)),
			(float)both / (float)any, 1e-6);
	}
}

static void shapes_beside_each_other_have_nothing_in_common(void **state)
{
	static _Alignas(8) uint8_t rooms[2][64];
	static const uint8_t full[4] = {1, 1, 1, 1};
	const struct gw_shape *one = shape_of(rooms[0], 0, 2, 2, full);

	assert_float_equal(shapes_overlap(one, one), 1, 0);
	assert_float_equal(shapes_overlap(one, shape_of(rooms[1], 2, 2, 2, full)), 0, 0);
	assert_float_equal(shapes_overlap(one, shape_of(rooms[1], 1, 2, 2, full)), 1 / 3.0f, 0.03);
}

#define TEST(name) cmocka_unit_test_setup(name, test_answers_clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(maps_of_one_size_differ_cell_by_cell),
		TEST(a_finer_map_of_the_same_is_the_same),
		TEST(what_only_one_has_seen_does_not_count),
		TEST(a_version_without_a_map_has_another_answer),
		TEST(maps_of_other_sizes_are_read_to_their_ends),
		TEST(shapes_have_in_common_what_their_cells_have),
		TEST(shapes_beside_each_other_have_nothing_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
