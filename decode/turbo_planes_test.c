#include "decode/turbo_planes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decode/decoder_fixture.h"
#include "decode/picture.h"
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

		f.wants[0].width = (uint16_t)(recipe.width * eighths / 8);
		f.wants[0].height = (uint16_t)(recipe.height * eighths / 8);
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->surface->format, halved[i / 3 % 3]);
		assert_int_equal(frame->surface->width, (recipe.width * eighths + 7) / 8);
		assert_planes(frame->surface, data, size, eighths);
		gw_frame_unref(frame);
		free(data);
	}
	fixture_close(&f);
}

/* picture_bytes() holds every picture at every scale, here with nothing behind it. */
static void planes_fit_the_bytes_that_are_asked_for_them(void **state)
{
	static const uint8_t subsampling[][2] = {{2, 2}, {2, 1}, {1, 1}, {1, 2}, {4, 1}};
	static struct turbo_picture picture;
	static struct gw_frame frame;

	assert_int_equal(turbo_picture_open(&picture, 4096), 0);
	for (uint32_t i = 0; i < 5 * 4 * 40; i++) {
		const uint32_t eighths = 1u << i % 4;
		struct jpeg_recipe recipe = {.width = (uint16_t)(1 + i / 20),
			.height = (uint16_t)(1 + i * 7 % 40),
			.h = subsampling[i % 5][0],
			.v = subsampling[i % 5][1]};
		const struct gw_want want = {.width = picture_scaled(recipe.width, eighths),
			.height = picture_scaled(recipe.height, eighths),
			.gray = i % 9 == 0};
		struct gw_surface surface = {
			.capacity = picture_bytes(&want, recipe.width, recipe.height)};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		frame.jpeg = (struct gw_jpeg){.data = data, .size = (uint32_t)size};
		surface.room = malloc(surface.capacity);
		frame.surface = &surface;
		assert_int_equal(turbo_picture_decode(&picture, &want, &frame), 0);
		if (picture_eighths(&want, recipe.width, recipe.height) == 8) {
			if (!want.gray)
				assert_int_equal(surface.format, format_of(&recipe));
			assert_picture(&surface, data, size);
		}
		free(surface.room);
		free(data);
	}
	turbo_picture_close(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaled_planes_equal_those_of_plain_libjpeg),
		cmocka_unit_test(planes_fit_the_bytes_that_are_asked_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
