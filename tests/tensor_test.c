/* From a JPEG to a model's tensor, by planes, against the plain way: libjpeg's RGB, then the resize
 * of RGB. Chroma is interpolated differently, so they agree to a level or so, not to the bit. */
#include "core/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/preprocess.h"
#include "core/orientation.h"
#include "decode/turbo_picture.h"
#include "jpeg/make.h"

static float mean[MODEL_CHANNELS] = {0, 0, 0}, scale[MODEL_CHANNELS] = {1, 1, 1};

struct fixture {
	struct model_input input;
	struct gw_region region;
	struct gw_want want;
	struct gw_surface surface;
	struct turbo_picture picture;
	struct gw_frame frame;
	struct geometry geometry;
	struct preprocess preprocess;
	float *tensor, *expected;
	size_t size;
};

static void open_fixture(struct fixture *f, uint16_t width, uint16_t height)
{
	f->input = (struct model_input){.width = width,
		.height = height,
		.channels = MODEL_CHANNELS,
		.mean = mean,
		.scale = scale};
	f->size = (size_t)width * height * MODEL_CHANNELS;
	f->want = (struct gw_want){.width = width, .height = height, .region = &f->region};
	f->surface.capacity = 1024 * 1024 * 3;
	f->surface.room = malloc(f->surface.capacity);
	f->frame.surface = &f->surface;
	f->tensor = malloc(f->size * sizeof(float));
	f->expected = malloc(f->size * sizeof(float));
	assert_int_equal(turbo_picture_open(&f->picture, 1024), 0);
	assert_int_equal(geometry_init(&f->geometry, &f->input), 0);
	assert_int_equal(preprocess_init(&f->preprocess, &f->input), 0);
}

static void close_fixture(struct fixture *f)
{
	turbo_picture_close(&f->picture);
	geometry_free(&f->geometry);
	preprocess_free(&f->preprocess);
	free(f->surface.room);
	free(f->tensor);
	free(f->expected);
}

/* Coloured light that changes slowly, over all of the range. */
static uint8_t *make_light(uint32_t width, uint32_t height)
{
	uint8_t *rgb = malloc((size_t)3 * width * height);

	for (uint32_t i = 0; i < 3 * width * height; i++) {
		const uint32_t pixel = i / 3, row = pixel / width;
		const double x = pixel % width, y = row, phase = 2.1 * (i % 3);

		rgb[i] = (uint8_t)(127.5 + 127.5 * sin(x / 41 + phase) * cos(y / 29 - phase));
	}
	return rgb;
}

static void preprocess(struct fixture *f, const struct jpeg_recipe *recipe,
	const struct gw_surface *surface, float *tensor)
{
	assert_int_equal(
		geometry_update(&f->geometry, &f->region, recipe->width, recipe->height, surface),
		0);
	preprocess_run(&f->preprocess, &f->geometry, surface, tensor);
}

/* Mean distance in levels. */
static double distance(struct fixture *f, const struct jpeg_recipe *recipe, enum gw_format format)
{
	uint8_t *light = make_light(recipe->width, recipe->height);
	size_t size;
	uint8_t *data = jpeg_make_from(recipe, light, &size);
	uint8_t *rgb = jpeg_reference(data, size, false);
	const struct gw_surface plain = {.format = GW_FORMAT_RGB,
		.width = recipe->width,
		.height = recipe->height,
		.pitch = {3u * recipe->width},
		.plane = {rgb}};
	double sum = 0;

	f->frame.jpeg = (struct gw_jpeg){.data = data, .size = (uint32_t)size};
	assert_int_equal(turbo_picture_decode(&f->picture, &f->want, &f->frame), 0);
	assert_int_equal(f->surface.format, format);
	preprocess(f, recipe, &f->surface, f->tensor);
	preprocess(f, recipe, &plain, f->expected);
	for (size_t i = 0; i < f->size; i++)
		sum += fabs((double)f->tensor[i] - (double)f->expected[i]);
	free(rgb);
	free(data);
	free(light);
	return sum / (double)f->size;
}

static const struct {
	uint8_t h, v;
	enum gw_format format, halved;
} samplings[] = {
	{2, 2, GW_FORMAT_I420, GW_FORMAT_I444},
	{2, 1, GW_FORMAT_I422, GW_FORMAT_I422},
	{1, 1, GW_FORMAT_I444, GW_FORMAT_I444},
};

static void planes_give_the_tensor_that_rgb_gives(void **state)
{
	static const uint16_t sizes[][2] = {{331, 237}, {320, 240}, {353, 289}};

	for (int i = 0; i < 9; i++) {
		struct jpeg_recipe recipe = {.width = sizes[i / 3][0],
			.height = sizes[i / 3][1],
			.h = samplings[i % 3].h,
			.v = samplings[i % 3].v,
			.quality = 90,
			.restart_interval = (uint16_t)(i / 3 * 5)};
		struct fixture f = {0};

		open_fixture(&f, 256, 200);
		assert_true(distance(&f, &recipe, samplings[i % 3].format) < 0.5);
		close_fixture(&f);
	}
}

static void a_region_gives_the_tensor_that_rgb_gives(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct jpeg_recipe recipe = {.width = 331,
			.height = 237,
			.h = samplings[i].h,
			.v = samplings[i].v,
			.quality = 90};
		struct fixture f = {.region = {.x = 33, .y = 21, .width = 200, .height = 151}};

		open_fixture(&f, 160, 128);
		assert_true(distance(&f, &recipe, samplings[i].format) < 0.5);
		close_fixture(&f);
	}
}

/* The plain way resizes the full size, which differs from a mean where pictures have edges. */
static void a_scaled_picture_gives_nearly_the_tensor_of_the_full_size(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct jpeg_recipe recipe = {.width = 661,
			.height = 473,
			.h = samplings[i].h,
			.v = samplings[i].v,
			.quality = 90};
		struct fixture f = {0};

		open_fixture(&f, 256, 200);
		assert_true(distance(&f, &recipe, samplings[i].halved) < 1.0);
		assert_int_equal(f.surface.width, 331);
		close_fixture(&f);
	}
}

/* The pixel of the stored picture that is seen at x, y: Exif 2.32, 4.6.5, by its words alone. */
static uint32_t stored_at(
	uint8_t orientation, uint32_t width, uint32_t height, uint32_t x, uint32_t y)
{
	const uint32_t right = width - 1 - x, bottom = height - 1 - y;

	switch (orientation) {
	case 2: /* row 0 at the top, column 0 at the right */
		return y * width + right;
	case 3: /* bottom, right */
		return bottom * width + right;
	case 4: /* bottom, left */
		return bottom * width + x;
	case 5: /* left, top */
		return x * height + y;
	case 6: /* right, top */
		return right * height + y;
	case 7: /* right, bottom */
		return right * height + bottom;
	case 8: /* left, bottom */
		return x * height + bottom;
	default:
		return y * width + x;
	}
}

/* Stores what is to be seen as `light` in that way, and gives the tensor of it. */
static void decode_light(struct fixture *f, const struct jpeg_recipe *seen, const uint8_t *light,
	uint8_t orientation, float *tensor)
{
	struct jpeg_recipe recipe = *seen;
	uint8_t *stored = malloc((size_t)3 * seen->width * seen->height);
	size_t size;

	for (uint32_t i = 0; i < (uint32_t)seen->width * seen->height; i++)
		memcpy(stored +
				3 *
					stored_at(orientation, seen->width, seen->height,
						i % seen->width, i / seen->width),
			light + 3 * i, 3);
	f->want.swapped = gw_orientation_swaps(orientation);
	if (f->want.swapped) {
		recipe.width = seen->height;
		recipe.height = seen->width;
	}
	uint8_t *data = jpeg_make_from(&recipe, stored, &size);

	f->frame.jpeg = (struct gw_jpeg){.data = data, .size = (uint32_t)size};
	assert_int_equal(turbo_picture_decode(&f->picture, &f->want, &f->frame), 0);
	f->surface.orientation = orientation;
	preprocess(f, seen, &f->surface, tensor);
	free(data);
	free(stored);
}

/* JPEG blocks lie elsewhere and chroma is sampled elsewhere: they agree as decoders do. */
static void a_picture_gives_the_same_tensor_however_it_is_stored(void **state)
{
	for (uint32_t i = 0; i < 3 * 3 * 8; i++) {
		const struct jpeg_recipe seen = {.width = i / 24 == 1 ? 661 : 331,
			.height = i / 24 == 1 ? 473 : 237,
			.h = samplings[i / 8 % 3].h,
			.v = samplings[i / 8 % 3].v,
			.quality = 95};
		struct fixture f = {0};
		double sum = 0, most = 0;

		if (i / 24 == 2)
			f.region =
				(struct gw_region){.x = 33, .y = 21, .width = 200, .height = 151};
		uint8_t *light = make_light(seen.width, seen.height);

		open_fixture(&f, 200, 150);
		f.input.fit = f.want.fit = i % 2 ? GW_FIT_LETTERBOX : GW_FIT_STRETCH;
		decode_light(&f, &seen, light, GW_UPRIGHT, f.expected);
		decode_light(&f, &seen, light, (uint8_t)(1 + i % 8), f.tensor);
		for (size_t k = 0; k < f.size; k++) {
			const double off = fabs((double)f.tensor[k] - (double)f.expected[k]);

			sum += off;
			most = fmax(most, off);
		}
		assert_true(sum / (double)f.size < 1 && most < 10);
		close_fixture(&f);
		free(light);
	}
}

/* Light whose JPEG has levels of 16 .. 235 and 16 .. 240 gives what the same light gives with all
 * levels. */
static void limited_range_gives_the_tensor_of_the_full_range(void **state)
{
	for (uint32_t i = 0; i < 3 * 2; i++) {
		const struct jpeg_recipe recipe = {.width = 331,
			.height = 237,
			.h = i / 2 == 2 ? 1 : 2,
			.v = i / 2 == 0 ? 2 : 1,
			.quality = 98};
		struct fixture f = {.input.antialias = i % 2};
		uint8_t *light = make_light(recipe.width, recipe.height);
		uint8_t *limited = malloc((size_t)3 * recipe.width * recipe.height);
		double sum = 0;

		for (uint32_t k = 0; k < (uint32_t)recipe.width * recipe.height; k++) {
			const double red = light[3 * k], green = light[3 * k + 1];
			const double blue = light[3 * k + 2];
			const double y = 0.299 * red + 0.587 * green + 0.114 * blue;
			const double low = 16 + y * 219 / 255;

			limited[3 * k] = (uint8_t)round(low + (red - y) * 224 / 255);
			limited[3 * k + 1] = (uint8_t)round(low + (green - y) * 224 / 255);
			limited[3 * k + 2] = (uint8_t)round(low + (blue - y) * 224 / 255);
		}
		open_fixture(&f, i % 2 ? 60 : 256, i % 2 ? 40 : 200);
		f.want.antialias = i % 2;
		decode_light(&f, &recipe, light, GW_UPRIGHT, f.expected);
		f.surface.limited = true;
		decode_light(&f, &recipe, limited, GW_UPRIGHT, f.tensor);
		for (size_t k = 0; k < f.size; k++)
			sum += fabs((double)f.tensor[k] - (double)f.expected[k]);
		assert_true(sum / (double)f.size < 0.7);
		close_fixture(&f);
		free(limited);
		free(light);
	}
}

/* One white column in six; whatever the first is, a sixth of the light is in every column of a
 * letterbox six times as narrow. */
static void stripes_are_not_lost_on_the_way(void **state)
{
	const struct jpeg_recipe recipe = {
		.width = 768, .height = 144, .h = 1, .v = 1, .quality = 100};
	uint8_t *rgb = calloc(3, (size_t)recipe.width * recipe.height);

	for (uint32_t first = 0; first < 6; first++) {
		struct fixture f = {0};
		size_t size;

		for (uint32_t i = 0; i < 3u * recipe.width * recipe.height; i++)
			rgb[i] = i / 3 % 6 == first ? 255 : 0;
		uint8_t *data = jpeg_make_from(&recipe, rgb, &size);

		open_fixture(&f, 128, 128);
		f.input.fit = f.want.fit = GW_FIT_LETTERBOX;
		f.input.antialias = f.want.antialias = true;
		f.frame.jpeg = (struct gw_jpeg){.data = data, .size = (uint32_t)size};
		assert_int_equal(turbo_picture_decode(&f.picture, &f.want, &f.frame), 0);
		assert_int_equal(f.surface.width, 384);
		preprocess(&f, &recipe, &f.surface, f.tensor);
		for (uint32_t x = 0; x < 128; x++) {
			double sum = 0;

			for (uint32_t y = 52; y < 76; y++)
				sum += f.tensor[y * 128 + x];
			assert_float_equal(sum / 24 / 255, 0.167, 0.005);
		}
		assert_float_equal(f.tensor[51 * 128], 0, 0);
		assert_float_equal(f.tensor[76 * 128], 0, 0);
		close_fixture(&f);
		free(data);
	}
	free(rgb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planes_give_the_tensor_that_rgb_gives),
		cmocka_unit_test(a_region_gives_the_tensor_that_rgb_gives),
		cmocka_unit_test(a_scaled_picture_gives_nearly_the_tensor_of_the_full_size),
		cmocka_unit_test(a_picture_gives_the_same_tensor_however_it_is_stored),
		cmocka_unit_test(limited_range_gives_the_tensor_of_the_full_range),
		cmocka_unit_test(stripes_are_not_lost_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
