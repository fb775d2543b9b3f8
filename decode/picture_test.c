#include "decode/picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct gw_want want_of(uint16_t width, uint16_t height)
{
	return (struct gw_want){.width = width, .height = height};
}

static void the_smallest_scale_that_covers_the_input_is_taken(void **state)
{
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
		struct gw_want want = want_of(cases[i].input_width, cases[i].input_height);

		assert_int_equal(
			picture_eighths(&want, cases[i].width, cases[i].height), cases[i].eighths);
	}
}

static void a_letterbox_needs_no_more_than_what_is_inside(void **state)
{
	struct gw_want want = want_of(512, 512);

	assert_int_equal(picture_eighths(&want, 3072, 576), 8);
	want.fit = GW_FIT_LETTERBOX;
	assert_int_equal(picture_eighths(&want, 3072, 576), 2);
	want.width = want.height = 384; /* exactly 384 x 72 */
	assert_int_equal(picture_eighths(&want, 3072, 576), 1);
}

static void a_crop_needs_what_covers_the_input(void **state)
{
	struct gw_want want = want_of(224, 224);

	want.fit = GW_FIT_CROP;
	assert_int_equal(picture_eighths(&want, 1792, 896), 2);
	want.resize = 256;
	assert_int_equal(picture_eighths(&want, 1792, 896), 4);
}

/* Stripes, one column in six, must give the same everywhere: 2/8 has means of four columns. */
static void averages_are_not_made_of_few_coarse_ones(void **state)
{
	struct gw_want want = want_of(512, 512);

	want.fit = GW_FIT_LETTERBOX;
	want.antialias = true;
	assert_int_equal(picture_eighths(&want, 3072, 576), 4);
	want.width = want.height = 384; /* each pixel is the mean of a block */
	assert_int_equal(picture_eighths(&want, 3072, 576), 1);
	want.width = want.height = 383;
	assert_int_equal(picture_eighths(&want, 3072, 576), 2);
	want.width = want.height = 192;
	assert_int_equal(picture_eighths(&want, 3072, 576), 1);
	/* As today: up to a quarter, halves are resized. */
	want.width = want.height = 1000;
	assert_int_equal(picture_eighths(&want, 3072, 576), 4);
}

static void a_region_has_to_cover_the_input_by_itself(void **state)
{
	struct gw_region region = {.x = 100, .y = 100, .width = 56, .height = 56};
	struct gw_want want = want_of(28, 28);

	want.region = &region;
	assert_int_equal(picture_eighths(&want, 1280, 720), 4);
	/* To the edge. */
	region.width = region.height = 0;
	assert_int_equal(picture_eighths(&want, 324, 324), 1);
	/* What lies outside the picture is not there. */
	region.width = region.height = 1000;
	assert_int_equal(picture_eighths(&want, 156, 156), 4);
	region.x = 2000;
	assert_int_equal(picture_eighths(&want, 1280, 720), 8);
}

/* Stored on its side, for all that look at it: only the first one knows. */
static void wants_are_for_the_picture_as_it_is_seen(void **state)
{
	struct gw_want next = want_of(360, 640), want = want_of(1, 1);

	want.next = &next;
	assert_int_equal(picture_eighths(&want, 1280, 720), 8);
	want.swapped = true;
	assert_int_equal(picture_eighths(&want, 1280, 720), 4);
}

static void rows_are_aligned_and_fit_the_surface(void **state)
{
	struct gw_want want = want_of(331, 237);
	static uint8_t room[1024 * 237];
	struct gw_surface surface = {.room = room, .capacity = sizeof(room)};

	assert_int_equal(picture_place(&surface, &want, 331, 237), 8);
	assert_int_equal(surface.format, GW_FORMAT_RGB);
	assert_int_equal(surface.width, 331);
	assert_int_equal(surface.height, 237);
	assert_int_equal(surface.pitch[0], 1024);
	assert_ptr_equal(surface.plane[0], room);
	want.gray = true;
	assert_int_equal(picture_place(&surface, &want, 331, 237), 8);
	assert_int_equal(surface.format, GW_FORMAT_GRAY);
	assert_int_equal(surface.pitch[0], 384);
}

static void a_picture_larger_than_its_surface_has_no_place(void **state)
{
	struct gw_want want = want_of(512, 512);
	static uint8_t room[1536 * 512];
	struct gw_surface surface = {.room = room, .capacity = sizeof(room) - 1};

	assert_int_equal(picture_place(&surface, &want, 512, 512), -EMSGSIZE);
	assert_int_equal(surface.width, 0);
	surface.capacity++;
	assert_int_equal(picture_place(&surface, &want, 512, 512), 8);
	/* The largest that a header can say: no sum may wrap. */
	assert_int_equal(picture_place(&surface, &want, 65535, 65535), -EMSGSIZE);
}

static void planes_stand_behind_each_other(void **state)
{
	static const struct picture_extent extents[] = {{336, 240}, {168, 120}, {168, 120}};
	static uint8_t room[336 * 240 + 2 * 176 * 120];
	struct gw_surface surface = {.room = room, .capacity = sizeof(room) - 1};

	assert_int_equal(
		picture_place_planes(&surface, GW_FORMAT_I420, 331, 237, extents), -EMSGSIZE);
	assert_int_equal(surface.width, 0);
	surface.capacity++;
	assert_int_equal(picture_place_planes(&surface, GW_FORMAT_I420, 331, 237, extents), 0);
	assert_int_equal(surface.format, GW_FORMAT_I420);
	assert_int_equal(surface.width, 331);
	assert_int_equal(surface.height, 237);
	assert_int_equal(surface.pitch[0], 336);
	assert_int_equal(surface.pitch[1], 176);
	assert_ptr_equal(surface.plane[1], room + 336 * 240);
	assert_ptr_equal(surface.plane[2], room + 336 * 240 + 176 * 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_scale_that_covers_the_input_is_taken),
		cmocka_unit_test(a_letterbox_needs_no_more_than_what_is_inside),
		cmocka_unit_test(a_crop_needs_what_covers_the_input),
		cmocka_unit_test(averages_are_not_made_of_few_coarse_ones),
		cmocka_unit_test(a_region_has_to_cover_the_input_by_itself),
		cmocka_unit_test(wants_are_for_the_picture_as_it_is_seen),
		cmocka_unit_test(rows_are_aligned_and_fit_the_surface),
		cmocka_unit_test(planes_stand_behind_each_other),
		cmocka_unit_test(a_picture_larger_than_its_surface_has_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
