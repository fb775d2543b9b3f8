/* Holds the fast preprocessing against a plain one in double precision. */
#include "core/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/preprocess.h"
#include "accel/input/preprocess_reference.h"
#include "core/orientation.h"

struct fixture {
	struct model_input input;
	float mean[3], scale[3];
	struct gw_region region;
	uint16_t source_width, source_height;
	struct gw_surface surface;
	struct geometry geometry;
	struct preprocess preprocess;
	void *tensor;
};

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/* Pixels that share one sample of plane i. */
static void share_of(enum gw_format format, int i, uint32_t *across, uint32_t *down)
{
	*across = i > 0 && (format == GW_FORMAT_I420 || format == GW_FORMAT_I422) ? 2 : 1;
	*down = i > 0 && format == GW_FORMAT_I420 ? 2 : 1;
}

static bool has_planes(enum gw_format format)
{
	return format != GW_FORMAT_RGB && format != GW_FORMAT_GRAY;
}

/* A picture of noise, each plane in memory of the exact size, so that a sanitizer sees a read past
 * its end. */
static void make_image(
	struct fixture *f, enum gw_format format, uint16_t width, uint16_t height, uint32_t padding)
{
	f->surface.format = format;
	f->surface.width = width;
	f->surface.height = height;
	for (int i = 0; i < (has_planes(format) ? GW_PLANES : 1); i++) {
		uint32_t across, down;

		share_of(format, i, &across, &down);
		const uint32_t columns = (width + across - 1) / across;
		const uint32_t rows = (height + down - 1) / down;
		const uint32_t pitch = columns * (format == GW_FORMAT_RGB ? 3u : 1u) + padding;
		const size_t size = (size_t)pitch * rows - padding;

		f->surface.pitch[i] = pitch;
		f->surface.plane[i] = malloc(size);
		for (size_t k = 0; k < size; k++)
			f->surface.plane[i][k] = f->surface.limited
				? (uint8_t)(16 + random_below(220))
				: (uint8_t)random_below(256);
	}
}

static void open_fixture(struct fixture *f, uint16_t width, uint16_t height, uint8_t channels)
{
	f->input.width = width;
	f->input.height = height;
	f->input.channels = channels;
	f->input.mean = f->mean;
	f->input.scale = f->scale;
	for (int c = 0; c < 3; c++) {
		f->mean[c] = f->input.type == MODEL_UINT8 ? 0 : 100 + 10 * (float)c;
		f->scale[c] = f->input.type == MODEL_UINT8 ? 1 : 0.01f * (float)(c + 1);
	}
	assert_int_equal(geometry_init(&f->geometry, &f->input), 0);
	assert_int_equal(preprocess_init(&f->preprocess, &f->input), 0);
	f->tensor = malloc(model_picture_size(&f->input));
}

static void close_fixture(struct fixture *f)
{
	geometry_free(&f->geometry);
	preprocess_free(&f->preprocess);
	for (int i = 0; i < GW_PLANES; i++)
		free(f->surface.plane[i]);
	free(f->tensor);
}

/* How far a value may be from the true one. Planes are resized in 64ths of a level; a byte is
 * rounded, and a number of half precision is as near as it can be. */
static double tolerance(const struct fixture *f, uint32_t channel, double value)
{
	const bool coarse = has_planes(f->surface.format) && f->input.channels == 3;
	const double scale = fabs((double)f->input.scale[channel]);
	const double error = coarse ? 0.15 * scale : 2e-3 * fmax(scale, 1);

	if (f->input.type == MODEL_UINT8)
		return error + 0.5;
	return f->input.type == MODEL_FLOAT16 ? error + fabs(value) / 2048 + 1e-7 : error;
}

static void compare(struct fixture *f)
{
	const struct reference reference = {
		&f->input, f->region, f->source_width, f->source_height, &f->surface};

	assert_int_equal(geometry_update(&f->geometry, &f->region, f->source_width,
				 f->source_height, &f->surface),
		0);
	memset(f->tensor, 0xee, model_picture_size(&f->input));
	preprocess_run(&f->preprocess, &f->geometry, &f->surface, f->tensor);
	for (uint32_t c = 0; c < f->input.channels; c++) {
		for (uint32_t y = 0; y < f->input.height; y++) {
			for (uint32_t x = 0; x < f->input.width; x++) {
				const double value = reference_value(&reference, c, x, y);
				const double is = reference_read(&f->input, f->tensor, c, x, y);

				if (!(fabs(is - value) <= tolerance(f, c, value)))
					fail_msg("%f, not %f, in channel %u at %u, %u", is, value,
						c, x, y);
			}
		}
	}
}

static void run(struct fixture f, enum gw_format format, uint8_t channels, uint16_t input_width,
	uint16_t input_height, uint16_t width, uint16_t height, uint32_t eighths)
{
	const bool swapped = gw_orientation_swaps(f.surface.orientation);

	f.source_width = swapped ? height : width;
	f.source_height = swapped ? width : height;
	make_image(&f, format, (uint16_t)((width * eighths + 7) / 8),
		(uint16_t)((height * eighths + 7) / 8), random_below(20));
	open_fixture(&f, input_width, input_height, channels);
	compare(&f);
	close_fixture(&f);
}

static void rgb_becomes_three_planes(void **state)
{
	run((struct fixture){0}, GW_FORMAT_RGB, 3, 64, 48, 96, 80, 8);
	run((struct fixture){0}, GW_FORMAT_RGB, 3, 61, 47, 29, 31, 8);
}

static void grey_becomes_one_plane(void **state)
{
	run((struct fixture){0}, GW_FORMAT_GRAY, 1, 28, 28, 100, 50, 8);
	run((struct fixture){0}, GW_FORMAT_GRAY, 1, 28, 28, 28, 28, 8);
}

static void a_grey_model_sees_the_luma_of_a_colour_picture(void **state)
{
	run((struct fixture){0}, GW_FORMAT_RGB, 1, 28, 28, 100, 50, 8);
}

static void a_colour_model_sees_a_grey_picture_in_every_channel(void **state)
{
	run((struct fixture){0}, GW_FORMAT_GRAY, 3, 32, 32, 50, 60, 8);
}

static void the_luma_plane_of_a_yuv_picture_is_enough_for_a_grey_model(void **state)
{
	run((struct fixture){0}, GW_FORMAT_I420, 1, 16, 16, 40, 30, 8);
}

static void a_region_is_cut_out_before_the_resize(void **state)
{
	struct fixture f = {.region = {.x = 13, .y = 7, .width = 28, .height = 30}};

	run(f, GW_FORMAT_RGB, 3, 32, 16, 64, 64, 8);
	run(f, GW_FORMAT_GRAY, 1, 28, 28, 64, 64, 8);
}

static void a_scaled_picture_gives_the_same_part(void **state)
{
	struct fixture f = {.region = {.x = 30, .y = 7, .width = 100, .height = 90}};

	run((struct fixture){0}, GW_FORMAT_RGB, 3, 32, 32, 160, 128, 4);
	run(f, GW_FORMAT_RGB, 3, 32, 32, 160, 128, 4);
	run(f, GW_FORMAT_RGB, 3, 32, 32, 160, 128, 3);
}

static void a_letterboxed_picture_stands_between_zeros(void **state)
{
	struct fixture f = {.input.fit = GW_FIT_LETTERBOX};

	run(f, GW_FORMAT_RGB, 3, 64, 64, 96, 32, 8);
	run(f, GW_FORMAT_GRAY, 1, 32, 20, 30, 90, 8);
	f.region = (struct gw_region){.x = 5, .y = 6, .width = 40, .height = 11};
	run(f, GW_FORMAT_RGB, 3, 64, 64, 96, 32, 8);
}

static void one_pixel_is_enough(void **state)
{
	run((struct fixture){0}, GW_FORMAT_RGB, 3, 5, 4, 1, 1, 8);
}

static void random_sizes_agree_with_the_reference(void **state)
{
	for (int i = 0; i < 60; i++) {
		struct fixture f = {.input.fit = i % 3 ? GW_FIT_STRETCH : GW_FIT_LETTERBOX};
		const uint16_t width = (uint16_t)(8 + 8 * random_below(12));
		const uint16_t height = (uint16_t)(8 + 8 * random_below(12));

		f.region = (struct gw_region){
			.x = (uint16_t)random_below(width), .y = (uint16_t)random_below(height)};
		run(f, i % 2 ? GW_FORMAT_RGB : GW_FORMAT_GRAY, i % 4 < 2 ? 3 : 1,
			(uint16_t)(1 + random_below(70)), (uint16_t)(1 + random_below(70)), width,
			height, 1 + random_below(8));
	}
}

static const enum gw_format formats[] = {GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444};

static void planes_become_rgb(void **state)
{
	for (int i = 0; i < 3; i++) {
		run((struct fixture){0}, formats[i], 3, 64, 48, 96, 80, 8);
		run((struct fixture){0}, formats[i], 3, 61, 47, 331, 237, 8);
		run((struct fixture){0}, formats[i], 3, 203, 47, 331, 237, 8);
		run((struct fixture){0}, formats[i], 3, 64, 64, 29, 31, 8);
	}
}

static void planes_of_one_pixel_are_enough(void **state)
{
	for (int i = 0; i < 3; i++) {
		run((struct fixture){0}, formats[i], 3, 5, 4, 1, 1, 8);
		run((struct fixture){0}, formats[i], 3, 7, 5, 2, 2, 8);
		run((struct fixture){0}, formats[i], 3, 7, 5, 3, 1, 8);
		run((struct fixture){0}, formats[i], 3, 1, 1, 1, 40, 8);
	}
}

static void a_region_is_cut_out_of_planes(void **state)
{
	struct fixture f = {.region = {.x = 13, .y = 7, .width = 28, .height = 31}};

	for (int i = 0; i < 3; i++) {
		run(f, formats[i], 3, 32, 16, 64, 64, 8);
		run(f, formats[i], 3, 32, 32, 160, 128, 4);
	}
}

static void random_sizes_of_planes_agree_with_the_reference(void **state)
{
	for (int i = 0; i < 90; i++) {
		struct fixture f = {.input.fit = i % 2 ? GW_FIT_STRETCH : GW_FIT_LETTERBOX};
		const bool scaled = i % 4 < 2;
		const uint16_t unit = scaled ? 8 : 1;
		const uint16_t width = (uint16_t)(unit * (1 + random_below(96u / unit)));
		const uint16_t height = (uint16_t)(unit * (1 + random_below(96u / unit)));

		f.region = (struct gw_region){
			.x = (uint16_t)random_below(width), .y = (uint16_t)random_below(height)};
		run(f, formats[i % 3], i % 10 ? 3 : 1, (uint16_t)(1 + random_below(70)),
			(uint16_t)(1 + random_below(70)), width, height,
			scaled ? 1u << random_below(4) : 8);
	}
}

/* One camera's pictures change their sampling: the tables are of the format as well. */
static void a_change_of_format_is_noticed(void **state)
{
	struct fixture f = {.source_width = 33, .source_height = 31};

	make_image(&f, GW_FORMAT_I444, 33, 31, 0);
	open_fixture(&f, 24, 20, 3);
	compare(&f);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < GW_PLANES; k++)
			free(f.surface.plane[k]);
		make_image(&f, formats[i], 33, 31, 0);
		compare(&f);
	}
	close_fixture(&f);
}

/* Every combination of what an input may be, on every format of a picture. */
static void every_kind_of_tensor_agrees_with_the_reference(void **state)
{
	static const enum gw_format all[] = {
		GW_FORMAT_GRAY, GW_FORMAT_RGB, GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444};
	static float fill[3] = {30, 114, 250};

	for (uint32_t i = 0; i < 5 * 2 * 3 * 3 * 2 * 3 * 2; i += STEP) {
		const uint32_t kind = i / 5;
		struct fixture f = {
			.input.layout = kind % 2 ? MODEL_NHWC : MODEL_NCHW,
			.input.type = (enum model_type)(kind / 2 % 3),
			.input.fit = (enum gw_fit)(kind / 6 % 3),
			.input.antialias = kind / 18 % 2 == 0,
			.region = {.x = (uint16_t)(i % 7), .width = (uint16_t)(i % 3 * 40)},
		};
		const uint8_t channels = kind / 36 % 3 ? 3 : 1;

		f.input.colors = kind / 36 % 3 == 2 ? MODEL_BGR : MODEL_RGB;
		if (f.input.fit == GW_FIT_LETTERBOX && kind / 108) {
			f.input.align = MODEL_TOP_LEFT;
			f.input.fill = fill;
			f.input.fill_count = i % 2 ? channels : 1;
		}
		if (f.input.fit == GW_FIT_CROP && kind / 108)
			f.input.resize = (uint16_t)(29 + i % 9);
		run(f, all[i % 5], channels, (uint16_t)(17 + i % 5), (uint16_t)(23 + i % 6), 117,
			89, i % 4 ? 8 : 4);
	}
}

static void averages_agree_with_the_reference(void **state)
{
	static const enum gw_format all[] = {
		GW_FORMAT_GRAY, GW_FORMAT_RGB, GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444};

	for (uint32_t i = 0; i < 100; i++) {
		struct fixture f = {.input.antialias = true};
		const uint16_t width = (uint16_t)(1 + random_below(400));
		const uint16_t height = (uint16_t)(1 + random_below(400));

		f.input.fit = (enum gw_fit)(i % 3);
		f.region = (struct gw_region){
			.x = (uint16_t)random_below(width), .y = (uint16_t)random_below(height)};
		run(f, all[i % 5], i % 7 ? 3 : 1, (uint16_t)(1 + random_below(40)),
			(uint16_t)(1 + random_below(40)), width, height, 1u << random_below(4));
	}
}

/* In every way that a picture may be stored, with full and limited range. */
static void every_orientation_agrees_with_the_reference(void **state)
{
	static const enum gw_format all[] = {
		GW_FORMAT_GRAY, GW_FORMAT_RGB, GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444};

	for (uint32_t i = 0; i < 8 * 5 * 2 * 3 * 2; i += STEP) {
		const uint32_t kind = i / 40;
		struct fixture f = {
			.surface.orientation = (uint8_t)(1 + i % 8),
			.surface.limited = kind % 2,
			.input.fit = (enum gw_fit)(kind / 2 % 3),
			.input.antialias = kind / 6,
			.input.align = i % 7 ? MODEL_CENTER : MODEL_TOP_LEFT,
			.input.type = (enum model_type)(i % 3),
			.input.layout = i % 11 ? MODEL_NCHW : MODEL_NHWC,
			.region = {.x = (uint16_t)(i % 9), .y = (uint16_t)(i % 6)},
		};
		const uint16_t width = (uint16_t)(16 + random_below(120));
		const uint16_t height = (uint16_t)(16 + random_below(120));

		run(f, all[i / 8 % 5], i % 13 ? 3 : 1, (uint16_t)(1 + random_below(40)),
			(uint16_t)(1 + random_below(40)), width, height, i % 2 ? 8 : 4);
	}
}

/* The samples that a decoder makes up to complete a pixel or a block are all 255 here. */
static void nothing_beyond_the_picture_is_seen(void **state)
{
	for (uint32_t i = 0; i < 3 * 2 * 4 * 2; i++) {
		struct fixture f = {.input.antialias = i / 3 % 2,
			.surface.orientation = (uint8_t)(1 + i % 4),
			.source_width = 161 + i % 5,
			.source_height = 121 + i % 7};
		const uint32_t eighths = 1u << i / 6 % 4;
		const uint16_t size = i / 24 ? 6 : 40;

		make_image(&f, formats[i % 3], (uint16_t)((f.source_width * eighths + 7) / 8),
			(uint16_t)((f.source_height * eighths + 7) / 8), 0);
		for (int k = 0; k < GW_PLANES; k++) {
			uint32_t across, down;

			share_of(f.surface.format, k, &across, &down);
			const uint32_t columns = f.source_width * eighths / 8 / across;
			const uint32_t rows = f.source_height * eighths / 8 / down;

			for (uint32_t y = 0; y < (f.surface.height + down - 1) / down; y++)
				for (uint32_t x = 0; x < f.surface.pitch[k]; x++)
					f.surface.plane[k][y * f.surface.pitch[k] + x] =
						x < columns && y < rows ? 128 : 255;
		}
		open_fixture(&f, size, size, 3);
		assert_int_equal(geometry_update(&f.geometry, NULL, f.source_width, f.source_height,
					 &f.surface),
			0);
		preprocess_run(&f.preprocess, &f.geometry, &f.surface, f.tensor);
		for (uint32_t k = 0; k < 3u * size * size; k++)
			assert_float_equal(((float *)f.tensor)[k],
				(128 - f.mean[k / (size * size)]) * f.scale[k / (size * size)],
				0.005);
		close_fixture(&f);
	}
}

/* One white column in six, whatever the first: a sixth of the light in every column. */
static void stripes_give_the_same_in_every_column(void **state)
{
	for (uint32_t first = 0; first < 6; first++) {
		struct fixture f = {
			.input.antialias = true, .source_width = 384, .source_height = 72};

		f.input.fit = GW_FIT_LETTERBOX;
		make_image(&f, GW_FORMAT_I444, 384, 72, 0);
		for (uint32_t k = 0; k < 384 * 72; k++) {
			f.surface.plane[0][k] = k % 6 == first ? 255 : 0;
			f.surface.plane[1][k] = f.surface.plane[2][k] = 128;
		}
		open_fixture(&f, 64, 64, 3);
		assert_int_equal(geometry_update(&f.geometry, NULL, 384, 72, &f.surface), 0);
		preprocess_run(&f.preprocess, &f.geometry, &f.surface, f.tensor);
		for (uint32_t x = 0; x < 64; x++) {
			const double value = ((float *)f.tensor)[32 * 64 + x];

			assert_float_equal((value / 0.01 + 100) / 255, 0.1667, 1e-3);
		}
		close_fixture(&f);
	}
}

static void half_precision_is_as_near_as_it_can_be(void **state)
{
	static const struct {
		float from;
		uint16_t to;
	} cases[] = {
		{0, 0},
		{1, 0x3c00},
		{-2, 0xc000},
		{65504, 0x7bff},
		{65519, 0x7bff},
		{65520, 0x7c00},
		{-1e30f, 0xfc00},
		{INFINITY, 0x7c00},
		{1.00048828125f, 0x3c00},
		{1.00146484375f, 0x3c02},
		{6.103515625e-5f, 0x0400},
		{5.9604645e-8f, 1},
		{2.98e-8f, 0},
		{-6.1e-5f, 0x83ff},
		{1e-40f, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t half;

		tensor_to_half(&half, &cases[i].from, 1);
		assert_int_equal(half, cases[i].to);
	}
	const float none = NAN;
	uint16_t half;

	tensor_to_half(&half, &none, 1);
	assert_true((half & 0x7fff) > 0x7c00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rgb_becomes_three_planes),
		cmocka_unit_test(grey_becomes_one_plane),
		cmocka_unit_test(a_grey_model_sees_the_luma_of_a_colour_picture),
		cmocka_unit_test(a_colour_model_sees_a_grey_picture_in_every_channel),
		cmocka_unit_test(the_luma_plane_of_a_yuv_picture_is_enough_for_a_grey_model),
		cmocka_unit_test(a_region_is_cut_out_before_the_resize),
		cmocka_unit_test(a_scaled_picture_gives_the_same_part),
		cmocka_unit_test(a_letterboxed_picture_stands_between_zeros),
		cmocka_unit_test(one_pixel_is_enough),
		cmocka_unit_test(random_sizes_agree_with_the_reference),
		cmocka_unit_test(planes_become_rgb),
		cmocka_unit_test(planes_of_one_pixel_are_enough),
		cmocka_unit_test(a_region_is_cut_out_of_planes),
		cmocka_unit_test(random_sizes_of_planes_agree_with_the_reference),
		cmocka_unit_test(a_change_of_format_is_noticed),
		cmocka_unit_test(every_kind_of_tensor_agrees_with_the_reference),
		cmocka_unit_test(averages_agree_with_the_reference),
		cmocka_unit_test(every_orientation_agrees_with_the_reference),
		cmocka_unit_test(nothing_beyond_the_picture_is_seen),
		cmocka_unit_test(stripes_give_the_same_in_every_column),
		cmocka_unit_test(half_precision_is_as_near_as_it_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
