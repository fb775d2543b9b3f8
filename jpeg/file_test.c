#include "jpeg/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "dataplane/test_camera.h"

/* A file with room before it, in an allocation of its own. */
struct scene {
	struct test_jpeg jpeg;
	uint8_t *room, *data;
	uint32_t size;
};

static void make(struct scene *s, uint16_t width, uint16_t height)
{
	test_jpeg_make(&s->jpeg, width, height, 75, 1, 2, 0, 3);
	s->size = (uint32_t)s->jpeg.size;
	s->room = malloc(JPEG_FILE_ROOM + s->size);
	s->data = s->room + JPEG_FILE_ROOM;
	memcpy(s->data, s->jpeg.bytes, s->size);
}

static void free_scene(struct scene *s)
{
	free(s->room);
	test_jpeg_free(&s->jpeg);
}

static uint32_t find(const struct scene *s, uint8_t marker)
{
	for (uint32_t i = 2; i + 1 < s->size;
		i += 2u + (uint32_t)(s->data[i + 2] << 8) + s->data[i + 3])
		if (s->data[i + 1] == marker)
			return i;
	abort();
}

static void leave_out_huffman(struct scene *s)
{
	for (int i = 0; i < 4; i++) {
		const uint32_t at = find(s, 0xC4);
		const uint32_t length = 2u + (uint32_t)(s->data[at + 2] << 8) + s->data[at + 3];

		memmove(s->data + at, s->data + at + length, s->size - at - length);
		s->size -= length;
	}
}

static void assert_mends(struct scene *s, int grown)
{
	uint16_t width, height;

	assert_int_equal(jpeg_file_mend(s->data, s->size, &width, &height), grown);
	assert_int_equal(width, s->jpeg.width);
	assert_int_equal(height, s->jpeg.height);
	assert_true(test_jpeg_same_pixels(
		s->jpeg.bytes, s->jpeg.size, s->data - grown, s->size + (uint32_t)grown));
}

static void a_whole_file_stays_as_it_is(void **state)
{
	struct scene s;

	make(&s, 157, 119);
	assert_mends(&s, 0);
	assert_memory_equal(s.data, s.jpeg.bytes, s.size);
	free_scene(&s);
}

static void missing_huffman_tables_are_those_of_annex_k(void **state)
{
	struct scene s;

	make(&s, 157, 119);
	leave_out_huffman(&s);
	assert_mends(&s, 432);
	free_scene(&s);
}

static void a_scan_without_spectral_selection_holds_all_coefficients(void **state)
{
	struct scene s;

	make(&s, 157, 119);
	s.data[find(&s, 0xDA) + 12] = 0;
	assert_mends(&s, 0);
	assert_memory_equal(s.data, s.jpeg.bytes, s.size);
	free_scene(&s);
}

static void headers_that_do_not_end_are_refused(void **state)
{
	struct scene s;
	uint16_t width, height;

	make(&s, 157, 119);
	const uint32_t scan = (uint32_t)(s.jpeg.scan - s.jpeg.bytes);

	for (uint32_t size = 0; size < scan; size++) {
		uint8_t *room = malloc(JPEG_FILE_ROOM + size);

		memcpy(room + JPEG_FILE_ROOM, s.data, size);
		assert_int_equal(
			jpeg_file_mend(room + JPEG_FILE_ROOM, size, &width, &height), -ENODATA);
		free(room);
	}
	free_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_stays_as_it_is),
		cmocka_unit_test(missing_huffman_tables_are_those_of_annex_k),
		cmocka_unit_test(a_scan_without_spectral_selection_holds_all_coefficients),
		cmocka_unit_test(headers_that_do_not_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
