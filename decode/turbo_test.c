#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decoder_fixture.h"
#include "decode/turbo_picture.h"
#include "jpeg/make.h"
#include "jpeg/marker.h"

static const struct jpeg_recipe shapes[] = {
	{.width = 640, .height = 480, .h = 2, .v = 2},
	{.width = 331, .height = 237, .h = 2, .v = 2},
	{.width = 333, .height = 101, .h = 2, .v = 1},
	{.width = 97, .height = 55, .h = 1, .v = 1},
	{.width = 64, .height = 96, .h = 1, .v = 2},
	{.width = 200, .height = 40, .h = 4, .v = 1},
	{.width = 99, .height = 70, .components = 1},
	{.width = 320, .height = 240, .restart_interval = 5},
	{.width = 331, .height = 237, .h = 2, .v = 1, .restart_interval = 3},
	{.width = 17, .height = 31, .h = 2, .v = 2, .restart_interval = 1},
	{.width = 337, .height = 241, .h = 1, .v = 1},
	{.width = 1, .height = 1},
	{.width = 320, .height = 240, .quality = 1},
	{.width = 320, .height = 240, .quality = 1, .wide = true},
	{.width = 320, .height = 240, .quality = 100},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void unscaled_pixels_equal_those_of_plain_libjpeg(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, "turbo", 1);
	for (size_t i = 0; i < SHAPES * 2; i++) {
		bool grey = i >= SHAPES;
		size_t size;
		uint8_t *data = jpeg_make(&shapes[i % SHAPES], &size);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.wants[0].gray = grey;
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->surface->format,
			grey ? GW_FORMAT_GRAY : format_of(&shapes[i % SHAPES]));
		assert_int_equal(frame->surface->width, shapes[i % SHAPES].width);
		assert_int_equal(frame->surface->height, shapes[i % SHAPES].height);
		assert_true(frame->stamp[GW_STAMP_DECODE] > 0);
		assert_true(frame->stamp[GW_STAMP_DECODED] >= frame->stamp[GW_STAMP_DECODE]);
		assert_picture(frame->surface, data, size);
		gw_frame_unref(frame);
		free(data);
	}
	fixture_close(&f);
}

/* The mean of the reference's pixels under each scaled pixel: what DCT scaling approximates. */
static double distance_to_mean(
	const struct gw_surface *surface, const uint8_t *full, uint32_t width, uint32_t factor)
{
	double sum = 0;

	for (uint32_t y = 0; y < surface->height; y++) {
		for (uint32_t x = 0; x < surface->width; x++) {
			uint32_t mean = 0;

			for (uint32_t i = 0; i < factor * factor; i++)
				mean += full[(y * factor + i / factor) * width + x * factor +
					i % factor];
			mean /= factor * factor;
			sum += abs((int)mean - surface->plane[0][y * surface->pitch[0] + x]);
		}
	}
	return sum / (surface->width * surface->height);
}

static void a_picture_is_scaled_to_what_the_model_needs(void **state)
{
	struct jpeg_recipe recipe = {.width = 320, .height = 240, .quality = 95};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	uint8_t *full = jpeg_reference(data, size, true);

	fixture_open(&f, "turbo", 1);
	f.wants[0].gray = true;
	for (uint32_t factor = 2; factor <= 8; factor *= 2) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.wants[0].width = (uint16_t)(320 / factor);
		f.wants[0].height = (uint16_t)(240 / factor);
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->surface->width, 320 / factor);
		assert_int_equal(frame->surface->height, 240 / factor);
		assert_true(distance_to_mean(frame->surface, full, 320, factor) < 8.0);
		gw_frame_unref(frame);
	}
	fixture_close(&f);
	free(full);
	free(data);
}

/* Two workers: while one has the large picture, the other goes on, and what it does comes back. */
static void a_picture_that_takes_long_holds_up_no_other(void **state)
{
	struct jpeg_recipe large = {.width = 4080, .height = 4080, .quality = 95};
	struct jpeg_recipe small = {.width = 16, .height = 16};
	struct decoder_fixture f;
	size_t large_size, small_size;
	uint8_t *large_data = jpeg_make(&large, &large_size);
	uint8_t *small_data = jpeg_make(&small, &small_size);
	struct gw_frame *back[4], *slow;

	fixture_open(&f, "turbo", 2);
	slow = gw_pool_get(f.gw.pool, 0, 1280, 720);
	gw_frame_set_version(slow, &f.cameras[0]);
	slow->jpeg.data = large_data;
	slow->jpeg.size = (uint32_t)large_size;
	slow->surface = gw_surface_get(f.surfaces, 4096 * 4096 * 3);
	f.decoder.ops->submit(&f.decoder, &slow, 1);
	for (int i = 0; i < 3; i++) {
		struct gw_frame *frame = frame_of(&f, 0, small_data, small_size);

		f.decoder.ops->submit(&f.decoder, &frame, 1);
	}
	assert_int_equal(poll_for(&f, back, 4), 4);
	assert_ptr_equal(back[3], slow);
	assert_int_equal(slow->drop, GW_DROP_NONE);
	fixture_close(&f);
	free(large_data);
	free(small_data);
}

static void zero_bytes_that_fill_up_the_scan_are_no_damage(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "turbo", 1);
	for (uint32_t zeros = 0; zeros < 40; zeros++) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);
		uint8_t *end = frame->jpeg.data + size - 2;

		memset(end, 0, zeros);
		end[zeros] = 0xff;
		end[zeros + 1] = MARKER_EOI;
		frame->jpeg.size += zeros;
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_picture(frame->surface, data, size);
		/* The negative control: what is not padding is damage. */
		if (zeros > 8) {
			memset(end, 0x55, zeros);
			frame->stamp[GW_STAMP_DECODED] = 0;
			decode_one(&f, frame);
			assert_int_equal(frame->drop, GW_DROP_DECODE_FAILED);
		}
		gw_frame_unref(frame);
	}
	fixture_close(&f);
	free(data);
}

/* Puts so many bytes before each restart marker and EOI. Returns the new size. */
static size_t fill_up(uint8_t *data, size_t size, size_t scan, uint8_t byte, uint32_t count)
{
	for (size_t at = scan; at + 1 < size; at++) {
		if (data[at] != 0xff || data[at + 1] == 0 || data[at + 1] == 0xff)
			continue;
		memmove(data + at + count, data + at, size - at);
		memset(data + at, byte, count);
		size += count;
		at += count;
	}
	return size;
}

/* Each number of bytes takes another way through libjpeg's bit buffer. */
static void filling_before_restart_markers_is_no_damage(void **state)
{
	static const uint8_t bytes[] = {0, 0xff, 0x55};
	static const uint16_t intervals[] = {1, 5, 16};
	struct decoder_fixture f;

	fixture_open(&f, "turbo", 1);
	for (size_t i = 0; i < 3; i++) {
		struct jpeg_recipe recipe = {
			.width = 128, .height = 128, .restart_interval = intervals[i]};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		const size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;

		for (uint32_t n = 0; n < 3 * 24; n++) {
			struct gw_frame *frame = frame_of(&f, 0, data, size);
			const uint8_t byte = bytes[n % 3];

			frame->jpeg.size = fill_up(frame->jpeg.data, size, scan, byte, n / 3);
			decode_one(&f, frame);
			/* The negative control: what is not filling is damage. */
			if (byte == 0x55 && n / 3 > 8) {
				assert_int_equal(frame->drop, GW_DROP_DECODE_FAILED);
			} else if (byte != 0x55) {
				assert_int_equal(frame->drop, GW_DROP_NONE);
				assert_picture(frame->surface, data, size);
			}
			gw_frame_unref(frame);
		}
		free(data);
	}
	fixture_close(&f);
}

static void a_last_restart_marker_is_no_damage(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 4};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	struct gw_frame *frame;

	fixture_open(&f, "turbo", 1);
	frame = frame_of(&f, 0, data, size);
	memcpy(frame->jpeg.data + size - 2, "\xff\xd3\0\xff\xd9", 5);
	frame->jpeg.size += 3;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_picture(frame->surface, data, size);
	gw_frame_unref(frame);
	fixture_close(&f);
	free(data);
}

static void a_jfif_version_of_the_future_is_no_damage(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	struct gw_frame *frame;

	fixture_open(&f, "turbo", 1);
	frame = frame_of(&f, 0, data, size);
	frame->jpeg.data[jpeg_find(data, size, MARKER_APP0) + 9] = 2;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	gw_frame_unref(frame);
	fixture_close(&f);
	free(data);
}

static void once_warm_no_picture_allocates(void **state)
{
	static struct turbo_picture picture;
	struct decoder_fixture f;
	uint64_t warm = 0;

	fixture_open(&f, "null", 1);
	assert_int_equal(turbo_picture_open(&picture, 4096), 0);
	for (size_t i = 0; i < SHAPES * 10; i++) {
		size_t size;
		uint8_t *data = jpeg_make(&shapes[i % SHAPES], &size);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		/* A damaged one in between leaves nothing behind. */
		if (i % 5 == 4)
			frame->jpeg.size = frame->jpeg.size * 3 / 4;
		const struct gw_want want = gw_frame_want(frame);

		turbo_picture_decode(&picture, &want, frame);
		if (i == SHAPES)
			warm = picture.arena.foreign;
		assert_int_equal(picture.arena.used, 0);
		gw_frame_unref(frame);
		free(data);
	}
	assert_true(warm > 0);
	assert_int_equal(picture.arena.foreign, warm);
	assert_true(picture.arena.peak > 0 && picture.arena.peak < picture.arena.size);
	turbo_picture_close(&picture);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unscaled_pixels_equal_those_of_plain_libjpeg),
		cmocka_unit_test(a_picture_is_scaled_to_what_the_model_needs),
		cmocka_unit_test(a_picture_that_takes_long_holds_up_no_other),
		cmocka_unit_test(zero_bytes_that_fill_up_the_scan_are_no_damage),
		cmocka_unit_test(filling_before_restart_markers_is_no_damage),
		cmocka_unit_test(a_last_restart_marker_is_no_damage),
		cmocka_unit_test(a_jfif_version_of_the_future_is_no_damage),
		cmocka_unit_test(once_warm_no_picture_allocates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
