/* What a kind of camera needs is made without a loss where that is possible. */
#include "gwgen/recode.h"

#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/make.h"

static int make(
	struct picture *picture, const struct jpeg_recipe *recipe, const struct recode_needs *needs)
{
	struct gw_error error = {""};
	size_t size;
	uint8_t *bytes = jpeg_make(recipe, &size);
	const int done = recode(picture, bytes, (uint32_t)size, needs, &error);

	free(bytes);
	return done;
}

static void assert_same_pixels(const struct picture *picture, const struct jpeg_recipe *recipe)
{
	size_t size;
	uint8_t *bytes = jpeg_make(recipe, &size);
	uint8_t *wanted = jpeg_reference(bytes, size, false);
	uint8_t *got = jpeg_reference(picture->bytes, picture->size, false);

	assert_memory_equal(got, wanted, 3u * picture->width * picture->height);
	free(got);
	free(wanted);
	free(bytes);
}

static const struct jpeg_recipe usual = {.width = 160, .height = 120};

static void a_picture_that_suits_is_kept(void **state)
{
	const struct recode_needs needs = {.no_interval = true};
	struct picture picture;

	assert_int_equal(make(&picture, &usual, &needs), RECODE_KEPT);
	assert_same_pixels(&picture, &usual);
	assert_int_equal(picture_type(&picture), 1);
	assert_int_equal(picture.table_count, 2);
	assert_false(picture.own_huffman);
	picture_close(&picture);
}

static void another_coding_costs_no_pixel(void **state)
{
	static const struct {
		struct jpeg_recipe recipe;
		struct recode_needs needs;
	} cases[] = {
		{{.width = 160, .height = 120}, {.interval = 7}},
		{{.width = 160, .height = 120, .restart_interval = 5}, {.no_interval = true}},
		{{.width = 160, .height = 120}, {.own_huffman = true}},
		{{.width = 160, .height = 120, .optimise = true}, {.no_interval = true}},
		{{.width = 160, .height = 120, .progressive = true}, {.no_interval = true}},
		{{.width = 160, .height = 120, .split = true}, {.no_interval = true}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct picture picture;

		assert_int_equal(
			make(&picture, &cases[i].recipe, &cases[i].needs), RECODE_LOSSLESS);
		assert_same_pixels(&picture, &cases[i].recipe);
		assert_int_equal(picture.interval, cases[i].needs.interval);
		assert_int_equal(picture.own_huffman, cases[i].needs.own_huffman);
		picture_close(&picture);
	}
}

static void another_content_is_made_from_the_pixels(void **state)
{
	static const struct recode_needs cases[] = {
		{.sampling = RECODE_422},
		{.sampling = RECODE_GREY},
		{.quality = 30},
		{.one_table = true},
		{.wide = true},
		{.width = 2560, .height = 48},
		{.most_bytes = 900},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct recode_needs *needs = &cases[i];
		struct picture picture;

		assert_int_equal(make(&picture, &usual, needs), RECODE_LOSSY);
		assert_int_equal(picture.wide, needs->wide);
		assert_int_equal(picture.width, needs->width ? needs->width : 160);
		assert_int_equal(picture.components, needs->sampling == RECODE_GREY ? 1 : 3);
		if (needs->sampling == RECODE_422)
			assert_int_equal(picture_type(&picture), 0);
		if (needs->one_table)
			assert_int_equal(picture.table_count, 1);
		if (needs->most_bytes)
			assert_true(picture.scan_size <= needs->most_bytes);
		picture_close(&picture);
	}
}

static void what_is_no_jpeg_is_refused(void **state)
{
	static const uint8_t bytes[] = "GIF89a is no JPEG";
	const struct recode_needs needs = {0};
	struct gw_error error = {""};
	struct picture picture;

	assert_int_equal(recode(&picture, bytes, sizeof(bytes), &needs, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "no JPEG"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_that_suits_is_kept),
		cmocka_unit_test(another_coding_costs_no_pixel),
		cmocka_unit_test(another_content_is_made_from_the_pixels),
		cmocka_unit_test(what_is_no_jpeg_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
