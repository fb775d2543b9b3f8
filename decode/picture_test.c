#include "decode/picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct gw_camera camera_for(
	const struct gw_camera_config *config, uint16_t width, uint16_t height)
{
	return (struct gw_camera){.config = config, .input_width = width, .input_height = height};
}

static void the_smallest_scale_that_covers_the_input_is_taken(void **state)
{
	static const struct gw_camera_config config = {0};
	static const struct {
		uint16_t width, height, input_width, input_height;
		uint32_t eighths;
	} cases[] = {
		{768, 576, 512, 512, 8},
		{1280, 720, 224, 224, 4}, /* 2/8 is 180 rows, and 3/8 is slower than 4/8 */
		{320, 240, 28, 28, 1}, {224, 224, 28, 28, 1}, /* exactly */
		{223, 224, 28, 28, 2}, {640, 480, 640, 480, 8}, {320, 240, 512, 512, 8}, /* never */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_camera camera =
			camera_for(&config, cases[i].input_width, cases[i].input_height);

		assert_int_equal(picture_eighths(&camera, cases[i].width, cases[i].height),
			cases[i].eighths);
	}
}

static void a_region_has_to_cover_the_input_by_itself(void **state)
{
	struct gw_region region = {.x = 100, .y = 100, .width = 56, .height = 56};
	struct gw_camera_config config = {.region = &region};
	struct gw_camera camera = camera_for(&config, 28, 28);

	assert_int_equal(picture_eighths(&camera, 1280, 720), 4);
	/* To the edge. */
	region.width = region.height = 0;
	assert_int_equal(picture_eighths(&camera, 324, 324), 1);
	/* What lies outside the picture is not there. */
	region.width = region.height = 1000;
	assert_int_equal(picture_eighths(&camera, 156, 156), 4);
	region.x = 2000;
	assert_int_equal(picture_eighths(&camera, 1280, 720), 8);
}

static void rows_are_aligned_and_fit_the_slot(void **state)
{
	static const struct gw_camera_config config = {0};
	struct gw_camera camera = camera_for(&config, 331, 237);
	static uint8_t room[1024 * 237];
	struct gw_image image = {.room = room, .capacity = sizeof(room)};

	assert_int_equal(picture_place(&image, &camera, 331, 237), 8);
	assert_int_equal(image.memory, GW_MEM_HOST);
	assert_int_equal(image.format, GW_FORMAT_RGB);
	assert_int_equal(image.width, 331);
	assert_int_equal(image.height, 237);
	assert_int_equal(image.pitch[0], 1024);
	assert_ptr_equal(image.plane[0], room);
	camera.input_gray = true;
	assert_int_equal(picture_place(&image, &camera, 331, 237), 8);
	assert_int_equal(image.format, GW_FORMAT_GRAY);
	assert_int_equal(image.pitch[0], 384);
}

static void a_picture_larger_than_the_slot_has_no_place(void **state)
{
	static const struct gw_camera_config config = {0};
	struct gw_camera camera = camera_for(&config, 512, 512);
	static uint8_t room[1536 * 512];
	struct gw_image image = {.room = room, .capacity = sizeof(room) - 1};

	assert_int_equal(picture_place(&image, &camera, 512, 512), -EMSGSIZE);
	assert_int_equal(image.memory, GW_MEM_NONE);
	image.capacity++;
	assert_int_equal(picture_place(&image, &camera, 512, 512), 8);
	/* The largest that a header can say: no sum may wrap. */
	assert_int_equal(picture_place(&image, &camera, 65535, 65535), -EMSGSIZE);
}

static void planes_stand_behind_each_other(void **state)
{
	static const struct picture_extent extents[] = {{336, 240}, {168, 120}, {168, 120}};
	static uint8_t room[336 * 240 + 2 * 176 * 120];
	struct gw_image image = {.room = room, .capacity = sizeof(room) - 1};

	assert_int_equal(
		picture_place_planes(&image, GW_FORMAT_I420, 331, 237, extents), -EMSGSIZE);
	assert_int_equal(image.memory, GW_MEM_NONE);
	image.capacity++;
	assert_int_equal(picture_place_planes(&image, GW_FORMAT_I420, 331, 237, extents), 0);
	assert_int_equal(image.memory, GW_MEM_HOST);
	assert_int_equal(image.format, GW_FORMAT_I420);
	assert_int_equal(image.width, 331);
	assert_int_equal(image.height, 237);
	assert_int_equal(image.pitch[0], 336);
	assert_int_equal(image.pitch[1], 176);
	assert_ptr_equal(image.plane[1], room + 336 * 240);
	assert_ptr_equal(image.plane[2], room + 336 * 240 + 176 * 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_scale_that_covers_the_input_is_taken),
		cmocka_unit_test(a_region_has_to_cover_the_input_by_itself),
		cmocka_unit_test(rows_are_aligned_and_fit_the_slot),
		cmocka_unit_test(planes_stand_behind_each_other),
		cmocka_unit_test(a_picture_larger_than_the_slot_has_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
