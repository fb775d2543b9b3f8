#include "core/test.h"

#include <errno.h>

#include "accel/input/geometry.h"

static const struct model_input input = {.width = 64, .height = 32};
static const struct model_input letterbox = {.width = 64, .height = 64, .fit = GW_FIT_LETTERBOX};

static int update(struct geometry *g, const struct gw_region *region, uint16_t source_width,
	uint16_t source_height, uint16_t width, uint16_t height)
{
	const struct gw_surface surface = {
		.format = GW_FORMAT_RGB, .width = width, .height = height};

	return geometry_update(g, region, source_width, source_height, &surface);
}

static void a_stretched_picture_fills_the_input(void **state)
{
	struct geometry g;

	geometry_init(&g, &input);
	assert_int_equal(update(&g, NULL, 128, 128, 128, 128), 0);
	assert_int_equal(g.width, 64);
	assert_int_equal(g.height, 32);
	assert_float_equal(g.map.step_x, 2, 1e-6);
	assert_float_equal(g.map.step_y, 4, 1e-6);
	/* The centre of input pixel 0 lies at 0.5, that is 1.0 in the picture: between pixels 0
	 * and 1. */
	assert_int_equal(g.luma.columns.a[0], 0);
	assert_int_equal(g.luma.columns.b[0], 1);
	assert_float_equal(g.luma.columns.weight[0], 0.5, 1e-6);
	geometry_free(&g);
}

static void a_letterboxed_picture_keeps_its_shape_and_is_centred(void **state)
{
	struct geometry g;

	geometry_init(&g, &letterbox);
	assert_int_equal(update(&g, NULL, 640, 320, 640, 320), 0);
	assert_int_equal(g.width, 64);
	assert_int_equal(g.height, 32);
	assert_int_equal(g.x, 0);
	assert_int_equal(g.y, 16);
	/* The middle of the input is the middle of the picture. */
	assert_float_equal(g.map.origin_x + (32 - g.map.pad_x) * g.map.step_x, 320, 1e-3);
	assert_float_equal(g.map.origin_y + (32 - g.map.pad_y) * g.map.step_y, 160, 1e-3);
	geometry_free(&g);
}

static void a_letterboxed_picture_may_stand_at_the_top_left(void **state)
{
	static const struct model_input corner = {
		.width = 64, .height = 64, .fit = GW_FIT_LETTERBOX, .align = MODEL_TOP_LEFT};
	struct geometry g;

	geometry_init(&g, &corner);
	assert_int_equal(update(&g, NULL, 640, 320, 640, 320), 0);
	assert_int_equal(g.height, 32);
	assert_int_equal(g.y, 0);
	assert_float_equal(g.map.pad_y, 0, 0);
	geometry_free(&g);
}

/* 640 x 480 becomes 341 x 256, of which the 224 columns from 58 and the rows from 16 are seen. */
static void a_crop_sees_the_middle_of_what_it_resized(void **state)
{
	static const struct model_input crop = {
		.width = 224, .height = 224, .fit = GW_FIT_CROP, .resize = 256};
	struct geometry g;

	geometry_init(&g, &crop);
	assert_int_equal(update(&g, NULL, 640, 480, 640, 480), 0);
	assert_int_equal(g.width, 224);
	assert_int_equal(g.height, 224);
	assert_float_equal(g.map.step_x, 640.0 / 341, 1e-5);
	assert_float_equal(g.map.step_y, 480.0 / 256, 1e-5);
	assert_float_equal(g.map.origin_x, 58 * 640.0 / 341, 1e-3);
	assert_float_equal(g.map.origin_y, 16 * 480.0 / 256, 1e-3);
	assert_float_equal(g.map.left, g.map.origin_x, 0);
	assert_float_equal(g.map.bottom, 240 * 480.0 / 256, 1e-3);
	geometry_free(&g);
}

static void a_direction_that_is_made_much_smaller_is_averaged(void **state)
{
	static const struct model_input small = {.width = 64, .height = 32, .antialias = true};
	struct geometry g;

	geometry_init(&g, &small);
	assert_int_equal(update(&g, NULL, 192, 64, 192, 64), 0);
	assert_true(g.luma.columns.averaged);
	assert_int_equal(g.luma.columns.a[1], 3);
	assert_int_equal(g.luma.columns.b[1], 5);
	assert_float_equal(g.luma.columns.weight[1], 1.0 / 3, 1e-6);
	assert_float_equal(g.luma.columns.inner[1], 1.0 / 3, 1e-6);
	assert_float_equal(g.luma.columns.last[1], 1.0 / 3, 1e-6);
	assert_false(g.luma.rows.averaged); /* by two exactly: two neighbours are all */
	geometry_free(&g);
}

static void a_region_is_in_source_pixels_whatever_the_decoder_scaled_to(void **state)
{
	const struct gw_region region = {.x = 100, .y = 40, .width = 200, .height = 120};
	struct geometry g;

	geometry_init(&g, &input);
	assert_int_equal(update(&g, &region, 400, 400, 200, 200), 0);
	assert_int_equal(g.luma.first, 50);
	assert_int_equal(g.luma.first + g.luma.count, 150);
	assert_int_equal(g.luma.rows.a[0], 20);
	assert_float_equal(g.map.origin_x, 100, 0);
	assert_float_equal(g.map.step_x * 64, 200, 1e-4);
	assert_float_equal(g.map.right, 300, 0);
	geometry_free(&g);
}

static void a_size_that_scaling_rounded_up_does_not_shift_the_region(void **state)
{
	/* 769 / 2 = 384.5: the decoder gives 385 columns, of which the last is half padding. */
	const struct gw_region region = {.x = 512, .y = 0, .width = 64, .height = 0};
	struct geometry g;

	geometry_init(&g, &input);
	assert_int_equal(update(&g, &region, 769, 577, 385, 289), 0);
	assert_int_equal(g.luma.first, 256);
	/* Input pixel 1 has its centre at source 513.5, picture 256.75: 1/4 beyond the first
	 * centre. */
	assert_int_equal(g.luma.columns.a[1], 0);
	assert_float_equal(g.luma.columns.weight[1], 0.25, 1e-6);
	geometry_free(&g);
}

static void a_region_that_reaches_beyond_the_picture_ends_at_its_edge(void **state)
{
	const struct gw_region region = {.x = 300, .y = 300, .width = 500, .height = 0};
	struct geometry g;

	geometry_init(&g, &input);
	assert_int_equal(update(&g, &region, 400, 400, 400, 400), 0);
	assert_float_equal(g.map.right, 400, 0);
	assert_float_equal(g.map.bottom, 400, 0);
	assert_int_equal(g.luma.first + g.luma.count, 400);
	geometry_free(&g);
}

static void a_region_outside_of_the_picture_is_refused_until_the_picture_grows(void **state)
{
	const struct gw_region region = {.x = 400, .y = 0, .width = 10, .height = 10};
	struct geometry g;

	geometry_init(&g, &input);
	assert_int_equal(update(&g, &region, 400, 400, 400, 400), -ERANGE);
	assert_int_equal(update(&g, &region, 400, 400, 400, 400), -ERANGE);
	assert_int_equal(update(&g, &region, 800, 400, 800, 400), 0);
	assert_int_equal(update(&g, &region, 400, 400, 400, 400), -ERANGE);
	assert_int_equal(update(&g, &region, 0, 0, 0, 0), -ERANGE);
	geometry_free(&g);
}

static void no_size_makes_it_read_beyond_the_picture(void **state)
{
	const struct gw_region region = {.x = 3, .y = 2, .width = 0, .height = 7};
	struct geometry g;

	geometry_init(&g, &letterbox);
	for (uint16_t w = 4; w < 200; w += 3) {
		for (uint16_t n = 1; n <= 8; n++) {
			const uint16_t h = (uint16_t)(w * 7 % 150 + 3);
			const uint16_t iw = (uint16_t)((w * n + 7) / 8);
			const uint16_t ih = (uint16_t)((h * n + 7) / 8);

			assert_int_equal(update(&g, &region, w, h, iw, ih), 0);
			assert_true(g.luma.first + g.luma.count <= iw);
			for (uint32_t i = 0; i < g.width; i++)
				assert_true(g.luma.columns.a[i] <= g.luma.columns.b[i] &&
					g.luma.columns.b[i] < g.luma.count);
			for (uint32_t i = 0; i < g.height; i++)
				assert_true(g.luma.rows.a[i] <= g.luma.rows.b[i] &&
					g.luma.rows.b[i] < ih);
		}
	}
	geometry_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stretched_picture_fills_the_input),
		cmocka_unit_test(a_letterboxed_picture_keeps_its_shape_and_is_centred),
		cmocka_unit_test(a_letterboxed_picture_may_stand_at_the_top_left),
		cmocka_unit_test(a_crop_sees_the_middle_of_what_it_resized),
		cmocka_unit_test(a_direction_that_is_made_much_smaller_is_averaged),
		cmocka_unit_test(a_region_is_in_source_pixels_whatever_the_decoder_scaled_to),
		cmocka_unit_test(a_size_that_scaling_rounded_up_does_not_shift_the_region),
		cmocka_unit_test(a_region_that_reaches_beyond_the_picture_ends_at_its_edge),
		cmocka_unit_test(
			a_region_outside_of_the_picture_is_refused_until_the_picture_grows),
		cmocka_unit_test(no_size_makes_it_read_beyond_the_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
