#include "decode/turbo_planes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decode/decoder_fixture.h"
#include "decode/turbo_picture.h"

static void scaled_planes_equal_those_of_plain_libjpeg(void **state)
{
	static const enum gw_format halved[] = {GW_FORMAT_I444, GW_FORMAT_I422, GW_FORMAT_I444};
	static const uint8_t subsampling[][2] = {{2, 2}, {2, 1}, {1, 1}};
	struct decoder_fixture f;

	fixture_open(&f, "turbo", 1);
	for (uint32_t i = 0; i < 3 * 3 * 4; i++) {
		uint32_t eighths = 1u << i % 3;
		struct jpeg_recipe recipe = {.width = (uint16_t)(331 + 7 * (i / 9)),
			.height = (uint16_t)(237 + 5 * (i / 9)),
			.h = subsampling[i / 3 % 3][0],
			.v = subsampling[i / 3 % 3][1],
			.restart_interval = (uint16_t)(i / 9)};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.cameras[0].input_width = (uint16_t)(recipe.width * eighths / 8);
		f.cameras[0].input_height = (uint16_t)(recipe.height * eighths / 8);
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->image.format, halved[i / 3 % 3]);
		assert_int_equal(frame->image.width, (recipe.width * eighths + 7) / 8);
		assert_planes(&frame->image, data, size, eighths);
		gw_frame_unref(frame);
		free(data);
	}
	fixture_close(&f);
}

/* What a pool gives for a picture must hold its planes, whatever the size: that of 3 bytes for each
 * pixel of whole 16 x 16 blocks, here with nothing behind it. */
static void planes_fit_the_slot_of_their_size(void **state)
{
	static const uint8_t subsampling[][2] = {{2, 2}, {2, 1}, {1, 1}};
	struct gw_camera_config config = {0};
	struct gw_camera camera = {.config = &config, .input_width = 4096, .input_height = 4096};
	static struct turbo_picture picture;
	static struct gw_frame frame;

	assert_int_equal(turbo_picture_open(&picture, 4096), 0);
	for (uint32_t i = 0; i < 3 * 40; i++) {
		struct jpeg_recipe recipe = {.width = (uint16_t)(1 + i / 3),
			.height = (uint16_t)(1 + i * 7 % 40),
			.h = subsampling[i % 3][0],
			.v = subsampling[i % 3][1]};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		uint32_t width = (recipe.width + 15u) / 16 * 16;
		uint32_t height = (recipe.height + 15u) / 16 * 16;

		frame.jpeg = (struct gw_jpeg){.data = data, .size = (uint32_t)size};
		frame.image = (struct gw_image){.capacity = 3 * width * height};
		frame.image.room = malloc(frame.image.capacity);
		assert_int_equal(turbo_picture_decode(&picture, &camera, &frame), 0);
		assert_int_equal(frame.image.format, format_of(&recipe));
		assert_picture(&frame.image, data, size);
		free(frame.image.room);
		free(data);
	}
	turbo_picture_close(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaled_planes_equal_those_of_plain_libjpeg),
		cmocka_unit_test(planes_fit_the_slot_of_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
