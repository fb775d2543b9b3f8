#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/test_camera.h"
#include "jpeg/tables.h"

static void computed_tables_are_those_of_libjpeg(void **state)
{
	for (int q = 1; q <= 99; q++) {
		struct jpeg_tables tables;
		struct test_jpeg picture;

		test_jpeg_make(&picture, 16, 16, q, 1, 2, 0, 0);
		jpeg_tables_compute((uint8_t)q, &tables);
		assert_int_equal(tables.count, 2);
		assert_false(tables.wide);
		for (int t = 0; t < 2; t++)
			for (int i = 0; i < JPEG_TABLE_VALUES; i++)
				assert_int_equal(tables.value[t][i], picture.tables[t][i]);
		test_jpeg_free(&picture);
	}
}

static int read_exactly(
	uint8_t precision, const uint8_t *data, uint32_t size, struct jpeg_tables *tables)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	const int status = jpeg_tables_read(precision, copy, size, tables);

	free(copy);
	return status;
}

static void one_two_three_or_four_tables_are_read(void **state)
{
	uint8_t data[256];
	struct jpeg_tables tables;

	for (int i = 0; i < 256; i++)
		data[i] = (uint8_t)(i / 64 + 1);
	for (uint32_t count = 1; count <= 4; count++) {
		assert_int_equal(read_exactly(0, data, 64 * count, &tables), 0);
		assert_int_equal(tables.count, count == 1 ? 1 : 2);
		assert_int_equal(tables.value[0][63], 1);
		if (count > 1)
			assert_int_equal(tables.value[1][0], 2);
	}
}

static void precision_is_a_bit_per_table(void **state)
{
	uint8_t data[192] = {0};
	struct jpeg_tables tables;

	/* The first has 8 bits, the second 16. */
	memset(data, 5, 64);
	data[64] = 1;
	data[65] = 2;
	assert_int_equal(read_exactly(2, data, 192, &tables), 0);
	assert_int_equal(tables.count, 2);
	assert_true(tables.wide);
	assert_int_equal(tables.value[0][0], 5);
	assert_int_equal(tables.value[1][0], 0x0102);
	/* The first has 16 bits, the second 8: the same 192 bytes. */
	assert_int_equal(read_exactly(1, data, 192, &tables), 0);
	assert_int_equal(tables.value[0][0], 0x0505);
	/* One of 16 bits whose values need only 8. */
	memset(data, 0, sizeof(data));
	data[1] = 255;
	assert_int_equal(read_exactly(1, data, 128, &tables), 0);
	assert_int_equal(tables.count, 1);
	assert_false(tables.wide);
	assert_int_equal(tables.value[0][0], 255);
}

static void sizes_that_are_no_whole_tables_are_refused(void **state)
{
	const uint8_t data[256] = {0};
	struct jpeg_tables tables;

	for (uint32_t size = 0; size < 256; size++) {
		assert_int_equal(read_exactly(0, data, size, &tables),
			size > 0 && size % 64 == 0 ? 0 : -EINVAL);
	}
	assert_int_equal(read_exactly(1, data, 64, &tables), -EINVAL);
	assert_int_equal(read_exactly(3, data, 192, &tables), -EINVAL);
	assert_int_equal(read_exactly(2, data, 128, &tables), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computed_tables_are_those_of_libjpeg),
		cmocka_unit_test(one_two_three_or_four_tables_are_read),
		cmocka_unit_test(precision_is_a_bit_per_table),
		cmocka_unit_test(sizes_that_are_no_whole_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
