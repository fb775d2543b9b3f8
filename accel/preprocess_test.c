/* Holds the fast preprocessing against a plain one in double precision. */
#include "core/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/preprocess.h"

struct fixture {
	struct model_input input;
	float mean[3], scale[3];
	struct gw_region region;
	uint16_t source_width, source_height;
	struct gw_surface surface;
	struct geometry geometry;
	struct preprocess preprocess;
	float *tensor;
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
	f->surface = (struct gw_surface){.format = format, .width = width, .height = height};
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
			f->surface.plane[i][k] = (uint8_t)random_below(256);
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
		f->mean[c] = 100 + 10 * (float)c;
		f->scale[c] = 0.01f * (float)(c + 1);
	}
	assert_int_equal(geometry_init(&f->geometry, &f->input), 0);
	assert_int_equal(preprocess_init(&f->preprocess, &f->input), 0);
	f->tensor = malloc((size_t)width * height * channels * sizeof(float));
}

static void close_fixture(struct fixture *f)
{
	geometry_free(&f->geometry);
	preprocess_free(&f->preprocess);
	for (int i = 0; i < GW_PLANES; i++)
		free(f->surface.plane[i]);
	free(f->tensor);
}

/* Channel c of a pixel as a model with so many channels sees it; of planes, plane c. */
static double pixel(
	const struct gw_surface *surface, uint8_t channels, uint32_t x, uint32_t y, int c)
{
	const int plane = has_planes(surface->format) ? c : 0;
	const uint8_t *row = surface->plane[plane] + (size_t)y * surface->pitch[plane];

	if (surface->format != GW_FORMAT_RGB)
		return row[x];
	if (channels == 3)
		return row[3 * x + (uint32_t)c];
	return 0.299 * row[3 * x] + 0.587 * row[3 * x + 1] + 0.114 * row[3 * x + 2];
}

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* What the region is of the decoded picture, or of one of its planes. */
struct span {
	double left, right, top, bottom;
};

/* The value at a point, bilinear, within the pixels that the span touches. */
static double sample(const struct fixture *f, double u, double v, const struct span *span, int c)
{
	const double limits[4] = {
		floor(span->left), ceil(span->right) - 1, floor(span->top), ceil(span->bottom) - 1};
	const double x = clamp(u - 0.5, limits[0], limits[1]);
	const double y = clamp(v - 0.5, limits[2], limits[3]);
	const double a = floor(x), b = floor(y);
	const double right = clamp(a + 1, limits[0], limits[1]);
	const double below = clamp(b + 1, limits[2], limits[3]);
	const uint8_t n = f->input.channels;
	const double top = pixel(&f->surface, n, (uint32_t)a, (uint32_t)b, c) * (1 - (x - a)) +
		pixel(&f->surface, n, (uint32_t)right, (uint32_t)b, c) * (x - a);
	const double bottom =
		pixel(&f->surface, n, (uint32_t)a, (uint32_t)below, c) * (1 - (x - a)) +
		pixel(&f->surface, n, (uint32_t)right, (uint32_t)below, c) * (x - a);

	return top * (1 - (y - b)) + bottom * (y - b);
}

/* The same of a plane whose samples are shared by several pixels, about their middle. */
static double sample_plane(
	const struct fixture *f, double u, double v, const struct span *span, int i)
{
	uint32_t across, down;

	share_of(f->surface.format, i, &across, &down);
	const struct span shared = {
		span->left / across, span->right / across, span->top / down, span->bottom / down};

	return sample(f, u / across, v / down, &shared, i);
}

/* ITU-T T.871, 7: R, G or B from Y, Cb and Cr. */
static double colour(double luma, double cb, double cr, int c)
{
	static const double of_cb[] = {0, -0.344136286, 1.772}, of_cr[] = {1.402, -0.714136286, 0};

	return clamp(luma + of_cb[c] * (cb - 128) + of_cr[c] * (cr - 128), 0, 255);
}

/* What the tensor should hold, from the definition alone: region, aspect ratio, ratio of sizes. */
static double expected(const struct fixture *f, uint32_t i, uint32_t j, int c)
{
	const double scale_x = (double)f->surface.width / f->source_width;
	const double scale_y = (double)f->surface.height / f->source_height;
	const double rw = f->region.width ? f->region.width : f->source_width - f->region.x;
	const double rh = f->region.height ? f->region.height : f->source_height - f->region.y;
	double w = f->input.width, h = f->input.height, left = 0, top = 0;

	if (f->input.fit == MODEL_FIT_LETTERBOX) {
		const double scale = fmin(w / rw, h / rh);

		w = fmax(round(rw * scale), 1);
		h = fmax(round(rh * scale), 1);
		left = floor((f->input.width - w) / 2);
		top = floor((f->input.height - h) / 2);
	}
	if (i < left || i >= left + w || j < top || j >= top + h)
		return 0;
	const struct span span = {f->region.x * scale_x, (f->region.x + rw) * scale_x,
		f->region.y * scale_y, (f->region.y + rh) * scale_y};
	const double u = (f->region.x + (i - left + 0.5) * rw / w) * scale_x;
	const double v = (f->region.y + (j - top + 0.5) * rh / h) * scale_y;
	double value;

	if (has_planes(f->surface.format) && f->input.channels == 3)
		value = colour(sample_plane(f, u, v, &span, 0), sample_plane(f, u, v, &span, 1),
			sample_plane(f, u, v, &span, 2), c);
	else
		value = sample(f, u, v, &span, c);
	return (value - f->mean[c]) * f->scale[c];
}

static void compare(struct fixture *f)
{
	assert_int_equal(geometry_update(&f->geometry, &f->region, f->source_width,
				 f->source_height, &f->surface),
		0);
	preprocess_run(&f->preprocess, &f->geometry, &f->surface, f->tensor);
	for (int c = 0; c < f->input.channels; c++) {
		/* Planes are resized in 64ths of a level. */
		const float tolerance = has_planes(f->surface.format) && f->input.channels == 3
			? 0.15f * f->scale[c]
			: 2e-3f;

		for (uint32_t j = 0; j < f->input.height; j++) {
			for (uint32_t i = 0; i < f->input.width; i++) {
				const size_t at =
					((size_t)c * f->input.height + j) * f->input.width + i;

				assert_float_equal(f->tensor[at], expected(f, i, j, c), tolerance);
			}
		}
	}
}

static void run(struct fixture f, enum gw_format format, uint8_t channels, uint16_t input_width,
	uint16_t input_height, uint16_t width, uint16_t height, uint32_t eighths)
{
	f.source_width = width;
	f.source_height = height;
	make_image(&f, format, (uint16_t)(width * eighths / 8), (uint16_t)(height * eighths / 8),
		random_below(20));
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
	struct fixture f = {.input.fit = MODEL_FIT_LETTERBOX};

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
		struct fixture f = {.input.fit = i % 3 ? MODEL_FIT_STRETCH : MODEL_FIT_LETTERBOX};
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
		struct fixture f = {.input.fit = i % 2 ? MODEL_FIT_STRETCH : MODEL_FIT_LETTERBOX};
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
