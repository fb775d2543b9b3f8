#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/test_camera.h"
#include "jpeg/header.h"

static struct jpeg_header_key key_of(const struct test_jpeg *picture)
{
	struct jpeg_header_key key = {
		.width = picture->width,
		.height = picture->height,
		.interval = picture->interval,
		.subsampling = picture->subsampling,
		.tables = {.count = 2},
	};

	for (int t = 0; t < 2; t++)
		for (int i = 0; i < 64; i++)
			key.tables.value[t][i] = picture->tables[t][i];
	return key;
}

/* Header, scan and EOI decode to what the file decodes to. */
static void assert_decodes(const struct test_jpeg *picture, const uint8_t *header, uint32_t size)
{
	uint8_t *bytes = malloc(size + picture->scan_size + 2);

	memcpy(bytes, header, size);
	memcpy(bytes + size, picture->scan, picture->scan_size);
	bytes[size + picture->scan_size] = 0xFF;
	bytes[size + picture->scan_size + 1] = 0xD9;
	assert_true(test_jpeg_same_pixels(
		picture->bytes, picture->size, bytes, size + picture->scan_size + 2));
	free(bytes);
}

static void a_written_header_describes_the_scan(void **state)
{
	for (uint8_t subsampling = 0; subsampling < 2; subsampling++) {
		for (uint16_t interval = 0; interval < 4; interval += 3) {
			struct jpeg_header header = {.size = 0};
			struct test_jpeg picture;

			test_jpeg_make(&picture, 73, 41, 60, subsampling, 2, interval, 1);
			const struct jpeg_header_key key = key_of(&picture);

			jpeg_header_update(&header, &key);
			assert_true(header.size <= JPEG_HEADER_MAX);
			assert_decodes(&picture, header.bytes, header.size);
			test_jpeg_free(&picture);
		}
	}
}

static void a_header_is_written_again_only_when_something_changed(void **state)
{
	struct jpeg_header header = {.size = 0};
	struct jpeg_header_key key = {.width = 8, .height = 8, .tables = {.count = 1}};

	jpeg_header_update(&header, &key);
	header.bytes[0] = 1;
	jpeg_header_update(&header, &key);
	assert_int_equal(header.bytes[0], 1);
	key.tables.value[0][63] = 1;
	jpeg_header_update(&header, &key);
	assert_int_equal(header.bytes[0], 0xFF);
}

static void wide_tables_make_an_extended_frame(void **state)
{
	struct jpeg_header header = {.size = 0};
	struct jpeg_header_key key = {
		.width = 64, .height = 48, .tables = {.count = 2, .wide = true}};
	uint16_t width, height;

	key.tables.value[0][0] = 300;
	jpeg_header_update(&header, &key);
	assert_true(header.size <= JPEG_HEADER_MAX);
	assert_non_null(memmem(header.bytes, header.size, "\xFF\xC1\x00\x11", 4));
	assert_non_null(memmem(header.bytes, header.size, "\xFF\xDB\x00\x83\x10\x01\x2C", 7));
	assert_int_equal(jpeg_header_find_size(header.bytes, header.size, &width, &height), 0);
	assert_int_equal(width, 64);
	assert_int_equal(height, 48);
}

static void an_interval_can_be_added_later(void **state)
{
	struct jpeg_header header = {.size = 0};
	struct test_jpeg picture;
	uint8_t room[JPEG_HEADER_MAX + JPEG_HEADER_INTERVAL];

	test_jpeg_make(&picture, 73, 41, 60, 1, 2, 3, 1);
	struct jpeg_header_key key = key_of(&picture);

	key.interval = 0;
	jpeg_header_update(&header, &key);
	memcpy(room + JPEG_HEADER_INTERVAL, header.bytes, header.size);
	jpeg_header_add_interval(room + JPEG_HEADER_INTERVAL, header.size, 3);
	assert_decodes(&picture, room, header.size + JPEG_HEADER_INTERVAL);
	test_jpeg_free(&picture);
}

static void the_size_of_a_file_is_found_or_said_to_be_missing(void **state)
{
	struct test_jpeg picture;
	uint16_t width = 0, height = 0;

	test_jpeg_make(&picture, 73, 41, 60, 1, 2, 0, 1);
	assert_int_equal(
		jpeg_header_find_size(picture.bytes, (uint32_t)picture.size, &width, &height), 0);
	assert_int_equal(width, 73);
	assert_int_equal(height, 41);
	/* Up to the end of the frame header, byte by byte. */
	for (uint32_t size = 0; size < 20 + 2 * 69 + 19; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, picture.bytes, size);
		assert_int_equal(jpeg_header_find_size(copy, size, &width, &height), -ENODATA);
		free(copy);
	}
	test_jpeg_free(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_header_describes_the_scan),
		cmocka_unit_test(a_header_is_written_again_only_when_something_changed),
		cmocka_unit_test(wide_tables_make_an_extended_frame),
		cmocka_unit_test(an_interval_can_be_added_later),
		cmocka_unit_test(the_size_of_a_file_is_found_or_said_to_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
