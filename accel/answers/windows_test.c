/* Pictures that are alike, less so and not at all, as a model's output holds them. */
#include "core/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/answers/windows.h"

#define SIDE 1500

static float *values;
static struct windows one, other;

/* Grey levels in 0 .. 1 of a picture that has detail everywhere. */
static float level_at(uint32_t x, uint32_t y, uint32_t size)
{
	const float scale = 64.0f / (float)size;

	return 0.5f + 0.2f * sinf((float)x * scale / 3) + 0.2f * cosf((float)y * scale / 5);
}

typedef float paint(uint32_t x, uint32_t y, uint32_t size);

static void take(struct windows *windows, uint32_t width, uint32_t height, paint *of)
{
	const struct pixels pixels = {.values = values,
		.width = width,
		.height = height,
		.of_row = width,
		.of_pixel = 1,
		.channels = 1,
		.scale = 255};

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			values[(size_t)y * width + x] = of(x, y, width);
	windows_take(windows, &pixels);
}

static float noisy(uint32_t x, uint32_t y, uint32_t size)
{
	return level_at(x, y, size) + ((float)((x * 7919 + y * 104729) % 101) - 50) / 1000;
}

static float brighter(uint32_t x, uint32_t y, uint32_t size)
{
	return level_at(x, y, size) + 0.05f;
}

static float turned(uint32_t x, uint32_t y, uint32_t size)
{
	return 1 - level_at(x, y, size);
}

/* As flat as a picture can be that is as bright. */
static float flat(uint32_t x, uint32_t y, uint32_t size)
{
	return 0.5f;
}

static float apart(void)
{
	const float difference = windows_apart(&one, &other);

	assert_float_equal(windows_apart(&other, &one), difference, 1e-6);
	return difference;
}

static void lost_detail_weighs_more_than_brightness(void **state)
{
	take(&one, 64, 64, level_at);
	take(&other, 64, 64, level_at);
	assert_int_equal(one.count, 64);
	assert_float_equal(apart(), 0, 1e-6);
	take(&other, 64, 64, brighter);
	const float bright = apart();

	take(&other, 64, 64, noisy);
	const float noise = apart();

	take(&other, 64, 64, flat);
	const float blank = apart();

	assert_true(bright > 0 && bright < 0.05f);
	assert_true(noise > bright && noise < 0.3f);
	assert_true(blank > 0.7f);
	take(&other, 64, 64, turned);
	assert_float_equal(apart(), 1, 1e-6);
}

/* By the formula, of one window whose halves are dark and bright. */
static void one_window_is_what_the_formula_says(void **state)
{
	const double c1 = 6.5025, c2 = 58.5225;
	struct pixels pixels = {.values = values,
		.width = 8,
		.height = 8,
		.of_row = 8,
		.of_pixel = 1,
		.channels = 1,
		.scale = 1};

	for (int i = 0; i < 64; i++)
		values[i] = i < 32 ? 100 : 140;
	windows_take(&one, &pixels);
	for (int i = 0; i < 64; i++)
		values[i] = i < 32 ? 110 : 130;
	windows_take(&other, &pixels);
	assert_int_equal(one.count, 1);
	assert_float_equal(apart(),
		1 -
			(2 * 120.0 * 120 + c1) * (2 * 200.0 + c2) /
				((2 * 120.0 * 120 + c1) * (400.0 + 100.0 + c2)),
		1e-5);
}

static void a_large_picture_is_looked_at_everywhere(void **state)
{
	take(&one, SIDE, SIDE, level_at);
	take(&other, SIDE, SIDE, level_at);
	assert_true(one.count > WINDOWS_MOST * 9 / 10 && one.count <= WINDOWS_MOST);
	assert_float_equal(apart(), 0, 1e-6);
	/* A tenth of it is gone, on its lower side. */
	for (size_t i = (size_t)SIDE * SIDE * 9 / 10; i < (size_t)SIDE * SIDE; i++)
		values[i] = 0;
	windows_take(&other,
		&(struct pixels){.values = values,
			.width = SIDE,
			.height = SIDE,
			.of_row = SIDE,
			.of_pixel = 1,
			.channels = 1,
			.scale = 255});
	assert_true(apart() > 0.08f && apart() < 0.12f);
	take(&one, SIDE, 9, level_at);
	assert_int_equal(one.count, SIDE / 8);
}

static void pictures_of_two_sizes_are_compared_by_their_looks(void **state)
{
	take(&one, 200, 120, level_at);
	take(&other, 400, 240, level_at);
	assert_true(apart() < 0.05f);
	take(&other, 400, 240, turned);
	assert_true(apart() > 0.9f);
}

static void the_smallest_pictures_have_a_window_too(void **state)
{
	take(&one, 1, 1, level_at);
	take(&other, 1, 1, level_at);
	assert_int_equal(one.count, 1);
	assert_float_equal(apart(), 0, 1e-6);
	take(&one, 3, 20, level_at);
	take(&other, 3, 20, turned);
	assert_int_equal(one.count, 2);
	assert_true(apart() > 0.1f);
}

/* Colours weigh as the eye has them; blue may come first. */
static void colours_become_luma(void **state)
{
	struct pixels pixels = {.values = values,
		.width = 1,
		.height = 1,
		.of_channel = 1,
		.channels = 3,
		.scale = 1};

	values[0] = 200;
	values[1] = 100;
	values[2] = 50;
	windows_take(&one, &pixels);
	assert_int_equal(one.fine[0][0], 124); /* 0.299 x 200 + 0.587 x 100 + 0.114 x 50 */
	assert_int_equal(one.coarse[63][63], 124);
	pixels.reversed = true;
	windows_take(&one, &pixels);
	assert_int_equal(one.fine[0][63], 96);
}

static int open_values(void **state)
{
	values = malloc((size_t)SIDE * SIDE * sizeof(values[0]));
	return values ? 0 : -1;
}

static int close_values(void **state)
{
	free(values);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_detail_weighs_more_than_brightness),
		cmocka_unit_test(one_window_is_what_the_formula_says),
		cmocka_unit_test(a_large_picture_is_looked_at_everywhere),
		cmocka_unit_test(pictures_of_two_sizes_are_compared_by_their_looks),
		cmocka_unit_test(the_smallest_pictures_have_a_window_too),
		cmocka_unit_test(colours_become_luma),
	};

	return cmocka_run_group_tests(tests, open_values, close_values);
}
