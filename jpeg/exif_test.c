#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "jpeg/exif.h"

/* An orientation of 6, in both byte orders; a directory of two entries, its own the second. */
static const uint8_t little[] = {'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 2, 0, 15, 1,
	2, 0, 4, 0, 0, 0, 'g', 'a', 't', 0, 18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t big[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 2, 1, 15, 0,
	2, 0, 0, 0, 4, 'g', 'a', 't', 0, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};

static void it_is_found_in_either_byte_order(void **state)
{
	assert_int_equal(jpeg_exif_orientation(little, sizeof(little)), 6);
	assert_int_equal(jpeg_exif_orientation(big, sizeof(big)), 6);
}

static void other_segments_say_nothing(void **state)
{
	static const uint8_t xmp[] = "http://ns.adobe.com/xap/1.0/";

	assert_int_equal(jpeg_exif_orientation(xmp, sizeof(xmp)), 0);
	assert_int_equal(jpeg_exif_orientation(little, 0), 0);
}

/* Each copy has the exact size, so that a sanitizer sees a read past its end. */
static void no_prefix_is_read_past(void **state)
{
	for (uint32_t size = 0; size < sizeof(little); size++) {
		uint8_t *prefix = malloc(size ? size : 1);

		memcpy(prefix, little, size);
		assert_int_equal(jpeg_exif_orientation(prefix, size), size < 40 ? 0 : 6);
		free(prefix);
	}
}

static void one_value_changed(uint32_t at, uint8_t value)
{
	uint8_t changed[sizeof(little)];

	memcpy(changed, little, sizeof(changed));
	changed[at] = value;
	assert_int_equal(jpeg_exif_orientation(changed, sizeof(changed)), 0);
}

static void what_makes_no_sense_says_nothing(void **state)
{
	one_value_changed(7, 'M');
	one_value_changed(8, 43);
	one_value_changed(13, 0xff); /* a directory far away */
	one_value_changed(28, 19);
	one_value_changed(30, 4); /* a long */
	one_value_changed(36, 0);
	one_value_changed(36, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_found_in_either_byte_order),
		cmocka_unit_test(other_segments_say_nothing),
		cmocka_unit_test(no_prefix_is_read_past),
		cmocka_unit_test(what_makes_no_sense_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
