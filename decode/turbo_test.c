#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "core/clock.h"
#include "decode/decoder.h"
#include "decode/jpeg_make.h"
#include "decode/jpeg_marker.h"
#include "decode/null.h"
#include "decode/picture.h"

#define CAMERAS 2
#define FRAMES 256

/* A decoder with the little of a gateway that it looks at. */
struct decoder_fixture {
	struct gw gw;
	struct gw_config config;
	struct gw_gateway_config gateway;
	struct gw_decode_config decode;
	struct gw_camera cameras[CAMERAS];
	struct gw_camera_config camera_configs[CAMERAS];
	struct decoder decoder;
	struct gw_error error;
};

static void fixture_open(struct decoder_fixture *f, char *backend, uint32_t workers)
{
	static const struct gw_size_class classes[] = {{1280, 720, FRAMES}};

	memset(f, 0, sizeof(*f));
	f->decode = (struct gw_decode_config){
		.backend = backend, .workers = workers, .max_width = 4096, .max_height = 4096};
	f->config.gateway = &f->gateway;
	f->config.decode = &f->decode;
	f->gw.config = &f->config;
	f->gw.cameras = f->cameras;
	f->gw.camera_count = CAMERAS;
	for (int i = 0; i < CAMERAS; i++) {
		f->cameras[i].config = &f->camera_configs[i];
		f->cameras[i].input_width = f->cameras[i].input_height = 4096;
	}
	f->gw.pool = gw_pool_create(classes, 1, false, &f->error);
	assert_non_null(f->gw.pool);
	assert_int_equal(decoder_open(&f->decoder, &f->gw, &f->error), 0);
}

static void fixture_close(struct decoder_fixture *f)
{
	decoder_close(&f->decoder);
	gw_pool_destroy(f->gw.pool);
}

static struct gw_frame *frame_of(
	struct decoder_fixture *f, uint32_t camera, const uint8_t *data, size_t size)
{
	struct gw_frame *frame = gw_pool_get(f->gw.pool, camera, 1280, 720);

	assert_non_null(frame);
	jpeg_into_frame(frame, data, size);
	return frame;
}

static uint32_t poll_for(struct decoder_fixture *f, struct gw_frame **frames, uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = 100000};
	int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	uint32_t n = 0;

	while (n < count && gw_now() < deadline) {
		n += f->decoder.ops->poll(&f->decoder, frames + n, count - n);
		nanosleep(&pause, NULL);
	}
	return n;
}

static void decode_one(struct decoder_fixture *f, struct gw_frame *frame)
{
	struct gw_frame *back = NULL;

	f->decoder.ops->submit(&f->decoder, &frame, 1);
	assert_int_equal(poll_for(f, &back, 1), 1);
	assert_ptr_equal(back, frame);
}

static void assert_pixels(const struct gw_image *image, const uint8_t *expected)
{
	size_t row = (size_t)image->width * (image->format == GW_FORMAT_RGB ? 3 : 1);

	for (uint32_t y = 0; y < image->height; y++)
		assert_memory_equal(image->plane[0] + y * image->pitch[0], expected + y * row, row);
}

static const struct jpeg_recipe shapes[] = {
	{.width = 640, .height = 480, .h = 2, .v = 2},
	{.width = 331, .height = 237, .h = 2, .v = 2},
	{.width = 333, .height = 101, .h = 2, .v = 1},
	{.width = 97, .height = 55, .h = 1, .v = 1},
	{.width = 64, .height = 96, .h = 1, .v = 2},
	{.width = 200, .height = 40, .h = 4, .v = 1},
	{.width = 99, .height = 70, .components = 1},
	{.width = 320, .height = 240, .restart_interval = 5},
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
		uint8_t *expected = jpeg_reference(data, size, grey);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.cameras[0].input_gray = grey;
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->image.format, grey ? GW_FORMAT_GRAY : GW_FORMAT_RGB);
		assert_int_equal(frame->image.width, shapes[i % SHAPES].width);
		assert_int_equal(frame->image.height, shapes[i % SHAPES].height);
		assert_true(frame->stamp[GW_STAMP_DECODE] > 0);
		assert_true(frame->stamp[GW_STAMP_DECODED] >= frame->stamp[GW_STAMP_DECODE]);
		assert_pixels(&frame->image, expected);
		gw_pool_put_back(f.gw.pool, frame);
		free(expected);
		free(data);
	}
	fixture_close(&f);
}

/* The mean of the reference's pixels under each scaled pixel: what DCT scaling approximates. */
static double distance_to_mean(
	const struct gw_image *image, const uint8_t *full, uint32_t width, uint32_t factor)
{
	double sum = 0;

	for (uint32_t y = 0; y < image->height; y++) {
		for (uint32_t x = 0; x < image->width; x++) {
			uint32_t mean = 0;

			for (uint32_t i = 0; i < factor * factor; i++)
				mean += full[(y * factor + i / factor) * width + x * factor +
					i % factor];
			mean /= factor * factor;
			sum += abs((int)mean - image->plane[0][y * image->pitch[0] + x]);
		}
	}
	return sum / (image->width * image->height);
}

static void a_picture_is_scaled_to_what_the_model_needs(void **state)
{
	struct jpeg_recipe recipe = {.width = 320, .height = 240, .quality = 95};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	uint8_t *full = jpeg_reference(data, size, true);

	fixture_open(&f, "turbo", 1);
	f.cameras[0].input_gray = true;
	for (uint32_t factor = 2; factor <= 8; factor *= 2) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.cameras[0].input_width = (uint16_t)(320 / factor);
		f.cameras[0].input_height = (uint16_t)(240 / factor);
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->image.width, 320 / factor);
		assert_int_equal(frame->image.height, 240 / factor);
		assert_true(distance_to_mean(&frame->image, full, 320, factor) < 8.0);
		gw_pool_put_back(f.gw.pool, frame);
	}
	fixture_close(&f);
	free(full);
	free(data);
}

static void order_is_kept_by_three_workers_over_pictures_of_mixed_size(void **state)
{
	static const struct jpeg_recipe mixed[] = {{.width = 1280, .height = 720},
		{.width = 16, .height = 16}, {.width = 320, .height = 240}};
	struct decoder_fixture f;
	uint8_t *data[3];
	size_t size[3];
	uint32_t sent = 0, back = 0;

	fixture_open(&f, "turbo", 3);
	for (int i = 0; i < 3; i++)
		data[i] = jpeg_make(&mixed[i], &size[i]);
	while (back < 150) {
		struct gw_frame *frames[GW_BURST];

		while (sent < 150 && sent - back < f.decoder.depth) {
			struct gw_frame *frame =
				frame_of(&f, sent % CAMERAS, data[sent % 3], size[sent % 3]);

			frame->sequence = sent++;
			if (frame->sequence % 7 == 0)
				gw_frame_fail(frame, GW_DROP_SHED, -1);
			f.decoder.ops->submit(&f.decoder, &frame, 1);
		}
		uint32_t n = f.decoder.ops->poll(&f.decoder, frames, GW_BURST);
		for (uint32_t i = 0; i < n; i++, back++) {
			assert_int_equal(frames[i]->sequence, back);
			assert_int_equal(
				frames[i]->drop, back % 7 == 0 ? GW_DROP_SHED : GW_DROP_NONE);
			if (back % 7 != 0)
				assert_int_equal(frames[i]->image.width, mixed[back % 3].width);
			gw_pool_put_back(f.gw.pool, frames[i]);
		}
	}
	for (int i = 0; i < 3; i++)
		free(data[i]);
	fixture_close(&f);
}

static void damaged_scans_fail_and_their_neighbours_do_not(void **state)
{
	struct jpeg_recipe recipe = {.width = 320, .height = 240, .restart_interval = 10};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	uint8_t *expected = jpeg_reference(data, size, false);
	size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;
	int failed = 0;

	fixture_open(&f, "turbo", 1);
	for (int i = 0; i < 40; i++) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);
		bool damaged = i % 2 == 1;

		if (i % 4 == 1) {
			/* Cut, with an end marker after it. */
			frame->jpeg.size = (uint32_t)(scan + (size - scan) * (uint32_t)i / 41);
			frame->jpeg.data[frame->jpeg.size - 2] = 0xff;
			frame->jpeg.data[frame->jpeg.size - 1] = MARKER_EOI;
		} else if (damaged) {
			/* Cut without one. */
			frame->jpeg.size = (uint32_t)(scan + (size - scan) * (uint32_t)i / 41);
		}
		decode_one(&f, frame);
		if (damaged) {
			assert_int_equal(frame->drop, GW_DROP_DECODE_FAILED);
			assert_true(frame->status < 0);
			assert_int_equal(frame->stamp[GW_STAMP_DECODED], 0);
			failed++;
		} else {
			assert_int_equal(frame->drop, GW_DROP_NONE);
			assert_pixels(&frame->image, expected);
		}
		gw_pool_put_back(f.gw.pool, frame);
	}
	assert_int_equal(failed, 20);
	fixture_close(&f);
	free(expected);
	free(data);
}

static void a_wrong_byte_in_the_scan_never_reaches_another_frame(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 2};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	uint8_t *expected = jpeg_reference(data, size, false);
	size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;
	int failed = 0;

	fixture_open(&f, "turbo", 1);
	for (size_t at = scan; at < size - 2; at += 3) {
		struct gw_frame *hurt = frame_of(&f, 0, data, size);
		struct gw_frame *well = frame_of(&f, 0, data, size);

		hurt->jpeg.data[at] ^= 0xff;
		decode_one(&f, hurt);
		decode_one(&f, well);
		failed += gw_frame_failed(hurt);
		assert_int_equal(well->drop, GW_DROP_NONE);
		assert_pixels(&well->image, expected);
		gw_pool_put_back(f.gw.pool, hurt);
		gw_pool_put_back(f.gw.pool, well);
	}
	assert_true(failed > 10);
	fixture_close(&f);
	free(expected);
	free(data);
}

static void tables_of_one_picture_do_not_leak_into_the_next(void **state)
{
	struct jpeg_recipe fine = {.width = 64, .height = 64, .quality = 95};
	struct jpeg_recipe coarse = {.width = 64, .height = 64, .quality = 10};
	struct decoder_fixture f;
	size_t size[2];
	uint8_t *data[2] = {jpeg_make(&fine, &size[0]), jpeg_make(&coarse, &size[1])};

	fixture_open(&f, "turbo", 1);
	for (int i = 0; i < 6; i++) {
		uint8_t *expected = jpeg_reference(data[i % 2], size[i % 2], false);
		struct gw_frame *frame = frame_of(&f, 0, data[i % 2], size[i % 2]);

		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_pixels(&frame->image, expected);
		gw_pool_put_back(f.gw.pool, frame);
		free(expected);
	}
	fixture_close(&f);
	free(data[0]);
	free(data[1]);
}

static void zero_bytes_that_fill_up_the_scan_are_no_damage(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	uint8_t *expected = jpeg_reference(data, size, false);

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
		assert_pixels(&frame->image, expected);
		/* The negative control: what is not padding is damage. */
		if (zeros > 8) {
			memset(end, 0x55, zeros);
			frame->stamp[GW_STAMP_DECODED] = 0;
			decode_one(&f, frame);
			assert_int_equal(frame->drop, GW_DROP_DECODE_FAILED);
		}
		gw_pool_put_back(f.gw.pool, frame);
	}
	fixture_close(&f);
	free(expected);
	free(data);
}

static void a_picture_that_exceeds_its_slot_fails_before_a_byte_is_written(void **state)
{
	struct jpeg_recipe recipe = {.width = 640, .height = 480};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	struct gw_frame *frame;
	uint32_t capacity;

	fixture_open(&f, "turbo", 1);
	frame = frame_of(&f, 0, data, size);
	capacity = frame->image.capacity;
	memset(frame->image.room, 0xaa, 1920);
	frame->image.capacity = 1920 * 480 - 1;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_JPEG_LIMIT);
	for (int i = 0; i < 1920; i++)
		assert_int_equal(frame->image.room[i], 0xaa);
	frame->image.capacity = capacity;
	gw_pool_put_back(f.gw.pool, frame);
	fixture_close(&f);
	free(data);
}

static void the_widest_picture_fits_the_reserved_memory(void **state)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};
	struct decoder_fixture f;

	fixture_open(&f, "turbo", 1);
	for (int i = 0; i < 5; i++) {
		struct jpeg_recipe recipe = {.width = 4096,
			.height = 64,
			.h = sampling[i][0],
			.v = sampling[i][1],
			.quality = 20};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		uint8_t *expected = jpeg_reference(data, size, false);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_pixels(&frame->image, expected);
		gw_pool_put_back(f.gw.pool, frame);
		free(expected);
		free(data);
	}
	fixture_close(&f);
}

static void a_decoder_closes_with_frames_inside(void **state)
{
	struct jpeg_recipe recipe = {.width = 640, .height = 480};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "turbo", 2);
	for (uint32_t i = 0; i < f.decoder.depth; i++) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.decoder.ops->submit(&f.decoder, &frame, 1);
	}
	fixture_close(&f);
	free(data);
}

static void an_unknown_back_end_is_an_error_that_lists_the_known(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, NULL, 1);
	assert_string_equal(f.decoder.ops->name, "turbo");
	decoder_close(&f.decoder);
	f.decode.backend = "nosuch";
	assert_true(decoder_open(&f.decoder, &f.gw, &f.error) < 0);
	assert_non_null(strstr(f.error.text, "'nosuch'"));
	assert_non_null(strstr(f.error.text, "turbo, null"));
	assert_null(strchr(f.error.text, '\n'));
	fixture_close(&f);
}

static void the_null_decoder_draws_what_camera_and_sequence_say(void **state)
{
	struct decoder_fixture f;
	struct gw_frame *frame;

	fixture_open(&f, "null", 1);
	frame = gw_pool_get(f.gw.pool, 1, 320, 240);
	assert_non_null(frame);
	frame->sequence = 12345;
	frame->width = 320;
	frame->height = 240;
	f.cameras[1].input_width = f.cameras[1].input_height = 120;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->image.width, 160);
	assert_int_equal(frame->image.height, 120);
	assert_true(frame->stamp[GW_STAMP_DECODED] > 0);
	for (uint32_t y = 0; y < 120; y++)
		for (uint32_t x = 0; x < 160 * 3; x++)
			assert_int_equal(frame->image.plane[0][y * frame->image.pitch[0] + x],
				null_sample(1, 12345, x, y));
	gw_pool_put_back(f.gw.pool, frame);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unscaled_pixels_equal_those_of_plain_libjpeg),
		cmocka_unit_test(a_picture_is_scaled_to_what_the_model_needs),
		cmocka_unit_test(order_is_kept_by_three_workers_over_pictures_of_mixed_size),
		cmocka_unit_test(damaged_scans_fail_and_their_neighbours_do_not),
		cmocka_unit_test(a_wrong_byte_in_the_scan_never_reaches_another_frame),
		cmocka_unit_test(tables_of_one_picture_do_not_leak_into_the_next),
		cmocka_unit_test(zero_bytes_that_fill_up_the_scan_are_no_damage),
		cmocka_unit_test(a_picture_that_exceeds_its_slot_fails_before_a_byte_is_written),
		cmocka_unit_test(the_widest_picture_fits_the_reserved_memory),
		cmocka_unit_test(a_decoder_closes_with_frames_inside),
		cmocka_unit_test(an_unknown_back_end_is_an_error_that_lists_the_known),
		cmocka_unit_test(the_null_decoder_draws_what_camera_and_sequence_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
