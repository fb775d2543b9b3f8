/* What every back-end that decodes must do, for each that runs on the machine. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_OPENCL
#include "devices/opencl/devices.h"
#endif
#include "decode/decoder_fixture.h"
#include "jpeg/make.h"
#include "jpeg/marker.h"

/* Opens the back-end of that name; skips the test, and says why, where its device is missing. */
static void open_decoder(struct decoder_fixture *f, const char *name, uint32_t workers)
{
#if HAVE_OPENCL
	struct opencl_device device;
	struct opencl_api api;
	struct gw_error error;

	if (strcmp(name, "opencl") == 0 &&
		(opencl_library_open(&api, &error) != 0 ||
			opencl_device_find(&api, NULL, &device, &error) != 0)) {
		print_message("%s\n", error.text);
		skip();
	}
#endif
	fixture_open(f, (char *)name, workers);
}

static void three_workers_give_back_every_picture_of_mixed_size(void **state)
{
	static const struct jpeg_recipe mixed[] = {{.width = 1280, .height = 720},
		{.width = 16, .height = 16}, {.width = 320, .height = 240, .h = 1, .v = 2}};
	struct decoder_fixture f;
	bool seen[150] = {false};
	uint8_t *data[3];
	size_t size[3];
	uint32_t sent = 0, back = 0;

	open_decoder(&f, *state, 3);
	for (int i = 0; i < 3; i++)
		data[i] = jpeg_make(&mixed[i], &size[i]);
	while (back < 150) {
		struct gw_frame *frames[GW_BURST];

		while (sent < 150 && sent - back < f.decoder.depth) {
			struct gw_frame *frame =
				frame_of(&f, sent % CAMERAS, data[sent % 3], size[sent % 3]);

			frame->sequence = sent++;
			f.decoder.ops->submit(&f.decoder, &frame, 1);
		}
		uint32_t n = f.decoder.ops->poll(&f.decoder, frames, 1 + back % 3);
		for (uint32_t i = 0; i < n; i++, back++) {
			const uint64_t number = frames[i]->sequence;

			assert_false(seen[number]);
			seen[number] = true;
			assert_int_equal(frames[i]->drop, GW_DROP_NONE);
			assert_picture(frames[i]->surface, data[number % 3], size[number % 3]);
			gw_frame_unref(frames[i]);
		}
	}
	assert_int_equal(gw_surface_pool_in_use(f.surfaces), 0);
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
	size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;
	int failed = 0;

	open_decoder(&f, *state, 1);
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
			assert_int_equal(frame->stamp[GW_STAMP_DECODED], 0);
			failed++;
		} else {
			assert_int_equal(frame->drop, GW_DROP_NONE);
			assert_picture(frame->surface, data, size);
		}
		gw_frame_unref(frame);
	}
	assert_int_equal(failed, 20);
	fixture_close(&f);
	free(data);
}

static void a_wrong_byte_in_the_scan_never_reaches_another_frame(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 2};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;
	int failed = 0;

	open_decoder(&f, *state, 1);
	for (size_t at = scan; at < size - 2; at += 3) {
		struct gw_frame *hurt = frame_of(&f, 0, data, size);
		struct gw_frame *well = frame_of(&f, 0, data, size);

		hurt->jpeg.data[at] ^= 0xff;
		decode_one(&f, hurt);
		decode_one(&f, well);
		failed += gw_frame_failed(hurt);
		assert_int_equal(well->drop, GW_DROP_NONE);
		assert_picture(well->surface, data, size);
		gw_frame_unref(hurt);
		gw_frame_unref(well);
	}
	assert_true(failed > 10);
	fixture_close(&f);
	free(data);
}

static void tables_of_one_picture_do_not_leak_into_the_next(void **state)
{
	struct jpeg_recipe fine = {.width = 64, .height = 64, .quality = 95};
	struct jpeg_recipe coarse = {.width = 64, .height = 64, .quality = 10};
	struct decoder_fixture f;
	size_t size[2];
	uint8_t *data[2] = {jpeg_make(&fine, &size[0]), jpeg_make(&coarse, &size[1])};

	open_decoder(&f, *state, 1);
	for (int i = 0; i < 6; i++) {
		struct gw_frame *frame = frame_of(&f, 0, data[i % 2], size[i % 2]);

		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_picture(frame->surface, data[i % 2], size[i % 2]);
		gw_frame_unref(frame);
	}
	fixture_close(&f);
	free(data[0]);
	free(data[1]);
}

static void a_picture_that_exceeds_its_surface_fails_before_a_byte_is_written(void **state)
{
	struct jpeg_recipe recipe = {.width = 640, .height = 480};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	struct gw_frame *frame;
	size_t capacity;

	open_decoder(&f, *state, 1);
	frame = frame_of(&f, 0, data, size);
	capacity = frame->surface->capacity;
	memset(frame->surface->room, 0xaa, 1920);
	frame->surface->capacity = 640 * 480 * 3 / 2 - 1;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_JPEG_LIMIT);
	for (int i = 0; i < 1920; i++)
		assert_int_equal(frame->surface->room[i], 0xaa);
	frame->surface->capacity++;
	frame->drop = GW_DROP_NONE;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	frame->surface->capacity = capacity;
	gw_frame_unref(frame);
	fixture_close(&f);
	free(data);
}

static void the_widest_picture_fits_the_reserved_memory(void **state)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};
	struct decoder_fixture f;

	open_decoder(&f, *state, 1);
	for (int i = 0; i < 5; i++) {
		struct jpeg_recipe recipe = {.width = 4096,
			.height = 64,
			.h = sampling[i][0],
			.v = sampling[i][1],
			.quality = 20};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_picture(frame->surface, data, size);
		gw_frame_unref(frame);
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

	open_decoder(&f, *state, 2);
	for (uint32_t i = 0; i < f.decoder.depth; i++) {
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.decoder.ops->submit(&f.decoder, &frame, 1);
	}
	fixture_close(&f);
	free(data);
}

static char turbo[] = "turbo";
#define ON_TURBO(test) cmocka_unit_test_prestate(test, turbo)
#if HAVE_OPENCL
static char opencl[] = "opencl";
#define ON_EVERY(test) ON_TURBO(test), cmocka_unit_test_prestate(test, opencl)
#else
#define ON_EVERY(test) ON_TURBO(test)
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(three_workers_give_back_every_picture_of_mixed_size),
		ON_EVERY(damaged_scans_fail_and_their_neighbours_do_not),
		ON_EVERY(a_wrong_byte_in_the_scan_never_reaches_another_frame),
		ON_EVERY(tables_of_one_picture_do_not_leak_into_the_next),
		ON_EVERY(a_picture_that_exceeds_its_surface_fails_before_a_byte_is_written),
		ON_EVERY(the_widest_picture_fits_the_reserved_memory),
		ON_EVERY(a_decoder_closes_with_frames_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
