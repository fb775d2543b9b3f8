#include "dataplane/test_picture.h"

#include <stddef.h>
#include <string.h>

uint32_t test_picture_number(const uint8_t *at, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static const char *read_segment(
	struct test_picture *picture, uint8_t marker, const uint8_t *at, uint32_t size)
{
	switch (marker) {
	case 0xDB:
		for (uint32_t i = 0; i < size;) {
			const int width = at[i] >> 4 ? 2 : 1, t = at[i] & 15;

			if (t > 1 || size - i < 1 + 64u * (uint32_t)width)
				return "a table that is none";
			for (int k = 0; k < 64; k++)
				picture->tables.value[t][k] = (uint16_t)test_picture_number(
					at + i + 1 + k * width, width);
			picture->tables.count =
				t + 1 > picture->tables.count ? t + 1 : picture->tables.count;
			i += 1 + 64u * (uint32_t)width;
		}
		return NULL;
	case 0xC0:
	case 0xC1:
		if (size != 15 || at[5] != 3)
			return "a frame header that is none";
		picture->height = test_picture_number(at + 1, 2);
		picture->width = test_picture_number(at + 3, 2);
		picture->sampling = at[7];
		return NULL;
	case 0xDD:
		picture->interval = test_picture_number(at, 2);
		return NULL;
	default:
		return NULL;
	}
}

const char *test_picture_open(struct test_picture *picture, const uint8_t *jpeg, uint32_t size)
{
	uint32_t at = 2;
	uint8_t marker = 0;

	memset(picture, 0, sizeof(*picture));
	if (size < 4 || test_picture_number(jpeg, 2) != 0xFFD8 ||
		test_picture_number(jpeg + size - 2, 2) != 0xFFD9)
		return "not from SOI to EOI";
	while (marker != 0xDA) {
		if (at + 4 > size || jpeg[at] != 0xFF)
			return "segments that do not end in a scan";
		const uint32_t length = test_picture_number(jpeg + at + 2, 2);

		marker = jpeg[at + 1];
		if (length < 2 || at + 2 + length > size)
			return "a segment beyond the end";
		const char *wrong = read_segment(picture, marker, jpeg + at + 4, length - 2);

		if (wrong)
			return wrong;
		at += 2 + length;
	}
	picture->scan = jpeg + at;
	picture->scan_size = size - 2 - at;
	return NULL;
}

void test_tables_compute(int q, struct test_tables *tables)
{
	static const uint8_t luma[64] = {16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24,
		40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72,
		92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
		121, 112, 100, 120, 92, 101, 103, 99};
	static const uint8_t chroma[14] = {17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66};
	const int factor = q < 50 ? 5000 / q : 200 - 2 * q;

	tables->count = 2;
	for (int t = 0; t < 2; t++) {
		for (int i = 0; i < 64; i++) {
			const int base = t == 0 ? luma[i] : i < 14 ? chroma[i] : 99;
			const int value = (base * factor + 50) / 100;

			tables->value[t][i] = (uint16_t)(value < 1 ? 1 : value > 255 ? 255 : value);
		}
	}
}

bool test_tables_are_same(const struct test_tables *a, const struct test_tables *b)
{
	for (int t = 0; t < 2; t++)
		if (memcmp(a->value[a->count == 1 ? 0 : t], b->value[b->count == 1 ? 0 : t],
			    sizeof(a->value[0])) != 0)
			return false;
	return a->count > 0 && b->count > 0;
}

bool test_picture_is_tail(const uint8_t *at, uint32_t size)
{
	bool had_restart = false;

	while (size > 0) {
		if (at[0] != 0xFF)
			return false;
		if (size == 1)
			return true;
		if (at[1] == 0xD9)
			return true;
		if (at[1] >= 0xD0 && at[1] <= 0xD7) {
			if (had_restart)
				return false;
			had_restart = true;
			at++;
			size--;
		}
		at++;
		size--;
	}
	return true;
}
