/* What nvJPEG makes of pictures, against the turbo back-end: on the machine's GPU, and where it has
 * none on libraries that are none, which shows what is done with what they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/nvjpeg_fixture.h"
#include "decode/picture.h"
#include "jpeg/make.h"
#include "tests/gpu/fake/open.h"

#define PICTURES 400u

/* nvJPEG's transform rounds otherwise than libjpeg's. A smaller picture is the mean of the whole
 * one's levels here, which are cut at 0 and 255, and of its coefficients there. */
#define MOST_WHOLE 2
#define MEAN_WHOLE 0.05
#define MEAN_SCALED 0.6

static struct jpeg_recipe recipe_of(uint32_t i)
{
	static const uint8_t sampling[][2] = {{2, 2}, {2, 1}, {1, 1}};

	return (struct jpeg_recipe){.width = (uint16_t)(64 + i * 37 % 300),
		.height = (uint16_t)(64 + i * 53 % 200),
		.h = sampling[i % 3][0],
		.v = sampling[i % 3][1],
		.quality = (uint8_t)(40 + i % 60),
		.optimise = i % 5 == 0,
		.restart_interval = (uint16_t)(i % 4 == 0 ? 1 + i % 9 : 0),
		.seed = i};
}

/* Every picture for what camera 0 wants; how many of them the GPU made. */
static struct nvjpeg_distance compare_all(struct decoder_fixture *f, uint32_t count)
{
	struct nvjpeg_distance distance = {0};
	struct turbo_picture turbo = {0};

	assert_int_equal(turbo_picture_open(&turbo, 4096), 0);
	for (uint32_t i = 0; i < count; i++) {
		const struct jpeg_recipe recipe = recipe_of(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		nvjpeg_compare(f, &turbo, data, size, &distance);
		free(data);
	}
	turbo_picture_close(&turbo);
	print_message("%llu samples, %.3f %% differ, mean %.4f levels, most %d\n",
		(unsigned long long)distance.samples,
		100.0 * (double)distance.different / (double)distance.samples,
		(double)distance.sum / (double)distance.samples, distance.most);
	return distance;
}

static double mean(const struct nvjpeg_distance *distance)
{
	return (double)distance->sum / (double)distance->samples;
}

static void whole_pictures_are_those_of_turbo(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, "nvjpeg", 2);
	const struct nvjpeg_distance distance = compare_all(&f, PICTURES);

	assert_true(distance.most <= MOST_WHOLE);
	assert_true(mean(&distance) <= MEAN_WHOLE);
	assert_int_equal(nvjpeg_fact(&f, "decoded_by_engines") + nvjpeg_fact(&f, "decoded_by_sms"),
		PICTURES);
	assert_int_equal(nvjpeg_fact(&f, "unfit"), 0);
	assert_int_equal(nvjpeg_fact(&f, "rescued"), 0);
	assert_true(nvjpeg_fact(&f, "copied_bytes") >= (int64_t)distance.samples);
	fixture_close(&f);
}

static void smaller_pictures_are_nearly_those_of_turbo(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, "nvjpeg", 1);
	for (uint16_t side = 16; side <= 64; side *= 2) {
		f.wants[0] = (struct gw_want){.width = side, .height = side};
		const struct nvjpeg_distance distance = compare_all(&f, PICTURES / 4);

		assert_true(mean(&distance) <= MEAN_SCALED);
	}
	assert_int_equal(nvjpeg_fact(&f, "unfit"), 0);
	fixture_close(&f);
}

static void grey_is_wanted_of_colours(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, "nvjpeg", 1);
	for (uint32_t side = 64; side <= 4096; side *= 64) {
		f.wants[0] = (struct gw_want){
			.width = (uint16_t)side, .height = (uint16_t)side, .gray = true};
		const struct nvjpeg_distance distance = compare_all(&f, PICTURES / 8);

		assert_true(mean(&distance) <= MEAN_SCALED);
	}
	assert_int_equal(nvjpeg_fact(&f, "unfit"), 0);
	fixture_close(&f);
}

/* Of a kind that nvJPEG has no planes for: the processor's, and counted. */
static void what_it_does_not_decode_the_processor_does(void **state)
{
	static const struct jpeg_recipe recipes[] = {
		{.width = 99, .height = 61, .components = 1},
		{.width = 99, .height = 61, .h = 4, .v = 1},
		{.width = 99, .height = 61, .h = 1, .v = 2},
	};
	struct nvjpeg_distance distance = {0};
	struct turbo_picture turbo = {0};
	struct decoder_fixture f;

	fixture_open(&f, "nvjpeg", 1);
	assert_int_equal(turbo_picture_open(&turbo, 4096), 0);
	for (uint32_t i = 0; i < 3; i++) {
		size_t size;
		uint8_t *data = jpeg_make(&recipes[i], &size);

		nvjpeg_compare(&f, &turbo, data, size, &distance);
		assert_int_equal(nvjpeg_fact(&f, "unfit"), i + 1);
		free(data);
	}
	assert_int_equal(distance.most, 0);
	turbo_picture_close(&turbo);
	fixture_close(&f);
}

/* Many at a time, of two cameras, with corrupt ones among them. */
static void a_corrupt_picture_costs_itself_and_no_other(void **state)
{
	const struct jpeg_recipe recipe = {.width = 333, .height = 101, .h = 2, .v = 1};
	struct gw_frame *frames[48], *back[48];
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size), *corrupt = malloc(size);

	assert_non_null(corrupt);
	memcpy(corrupt, data, size);
	/* A restart marker where none belongs. */
	memcpy(corrupt + size / 2, "\xff\xd0\xff\xd5", 4);
	fixture_open(&f, "nvjpeg", 2);
	for (uint32_t i = 0; i < 48; i++)
		frames[i] = frame_of(&f, i % CAMERAS, i % 8 == 5 ? corrupt : data, size);
	f.decoder.ops->submit(&f.decoder, frames, 48);
	assert_int_equal(poll_for(&f, back, 48), 48);
	for (uint32_t i = 0; i < 48; i++) {
		assert_int_equal(
			frames[i]->drop, i % 8 == 5 ? GW_DROP_DECODE_FAILED : GW_DROP_NONE);
		if (i % 8 != 5)
			assert_int_equal(frames[i]->surface->format, GW_FORMAT_I422);
		gw_frame_unref(frames[i]);
	}
	assert_int_equal(nvjpeg_fact(&f, "unfit"), 6);
	assert_int_equal(
		nvjpeg_fact(&f, "decoded_by_engines") + nvjpeg_fact(&f, "decoded_by_sms"), 42);
	assert_int_equal(nvjpeg_fact(&f, "rescued"), 0);
	assert_true(nvjpeg_fact(&f, "well"));
	fixture_close(&f);
	free(corrupt);
	free(data);
}

static void a_surface_that_is_too_small_is_told(void **state)
{
	const struct jpeg_recipe recipe = {.width = 640, .height = 480};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "nvjpeg", 1);
	struct gw_frame *frame = frame_of(&f, 0, data, size);
	const size_t capacity = frame->surface->capacity;

	frame->surface->capacity = 1000;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_JPEG_LIMIT);
	frame->surface->capacity = capacity;
	gw_frame_unref(frame);
	fixture_close(&f);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_pictures_are_those_of_turbo),
		cmocka_unit_test(smaller_pictures_are_nearly_those_of_turbo),
		cmocka_unit_test(grey_is_wanted_of_colours),
		cmocka_unit_test(what_it_does_not_decode_the_processor_does),
		cmocka_unit_test(a_corrupt_picture_costs_itself_and_no_other),
		cmocka_unit_test(a_surface_that_is_too_small_is_told),
	};

	fakes_open_without_gpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
