#include "jpeg/parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/test.h"
#include "jpeg/make.h"

static uint32_t find_scan(const uint8_t *jpeg)
{
	uint32_t at = 2;

	while (jpeg[at + 1] != 0xDA)
		at += 2u + read_be16(jpeg + at + 2);
	return at + 2u + read_be16(jpeg + at + 2);
}

static const struct jpeg_recipe recipes[] = {
	{.width = 33, .height = 17, .optimise = true},
	{.width = 33, .height = 17, .components = 1},
	{.width = 33, .height = 17, .h = 1, .v = 1, .restart_interval = 2},
	{.width = 33, .height = 17, .quality = 3, .wide = true},
};

static void what_was_read_is_written_again(void **state)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct jpeg_parts parts = {0};
		struct jpeg_parts_once once;
		uint8_t made[8192];
		size_t size;
		uint8_t *jpeg = jpeg_make(&recipes[i], &size);
		const uint32_t scan = find_scan(jpeg);

		assert_int_equal(jpeg_parts_read(&parts, &once, jpeg + 2, scan - 2), 0);
		assert_int_equal(once.interval, recipes[i].restart_interval);
		const uint32_t header = jpeg_parts_write(
			&parts, &parts.frame, &once, once.interval, NULL, made, 2048);

		assert_true(header > 0);
		memcpy(made + header, jpeg + scan, size - scan);
		uint8_t *a = jpeg_reference(jpeg, size, false);
		uint8_t *b = jpeg_reference(made, header + size - scan, false);

		assert_memory_equal(a, b, 3 * 33 * 17);
		/* Room that does not suffice is not written beyond. */
		for (uint32_t room = 0; room < header; room += 5)
			assert_int_equal(jpeg_parts_write(&parts, &parts.frame, &once,
						 once.interval, NULL, made, room),
				0);
		free(a);
		free(b);
		free(jpeg);
	}
}

/* Cut inside a segment, and with any byte changed: refused or read, never beyond the bytes. */
static void malformed_segments_change_nothing(void **state)
{
	size_t size;
	uint8_t *jpeg = jpeg_make(&recipes[0], &size);
	const uint32_t scan = find_scan(jpeg);

	for (uint32_t length = 0; length < scan - 2; length++) {
		struct jpeg_parts parts = {0};
		const struct jpeg_parts before = parts;
		struct jpeg_parts_once once;
		uint8_t *copy = malloc(length + 1);

		memcpy(copy, jpeg + 2, length);
		if (jpeg_parts_read(&parts, &once, copy, length) != 0)
			assert_memory_equal(&parts, &before, sizeof(parts));
		memcpy(copy, jpeg + 2, length);
		if (length > 0)
			copy[length / 2] ^= 0xA5;
		jpeg_parts_read(&parts, &once, copy, length);
		free(copy);
	}
	free(jpeg);
}

static void mcus_follow_from_the_sampling(void **state)
{
	struct jpeg_parts_frame frame;

	jpeg_parts_set_frame(&frame, 1, 33, 17);
	assert_int_equal(jpeg_parts_mcus(&frame), 3 * 2);
	jpeg_parts_set_frame(&frame, 0, 33, 17);
	assert_int_equal(jpeg_parts_mcus(&frame), 3 * 3);
	frame.components = 1;
	assert_int_equal(jpeg_parts_mcus(&frame), 5 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(malformed_segments_change_nothing),
		cmocka_unit_test(mcus_follow_from_the_sampling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
