#include "jpeg/tables.h"

#include <errno.h>
#include <string.h>

#include "core/bytes.h"

/* ITU-T T.81, tables K.1 and K.2, row by row. */
static const uint8_t annex_k[2][JPEG_TABLE_VALUES] = {
	{16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
		56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55,
		64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100,
		103, 99},
	{17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
		99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99},
};

/* Where the n-th value of the zigzag sequence stands (T.81, figure 5). */
static const uint8_t zigzag[JPEG_TABLE_VALUES] = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11,
	4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50,
	43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
	55, 62, 63};

void jpeg_tables_compute(uint8_t q, struct jpeg_tables *tables)
{
	uint32_t scale = q < 50 ? 5000u / q : 200u - q * 2u;

	tables->count = 2;
	tables->wide = false;
	for (int table = 0; table < 2; table++) {
		for (int i = 0; i < JPEG_TABLE_VALUES; i++) {
			uint32_t value = (annex_k[table][zigzag[i]] * scale + 50) / 100;

			tables->value[table][i] = (uint16_t)(value < 1 ? 1
					: value > 255                  ? 255
								       : value);
		}
	}
}

int jpeg_tables_read(
	uint8_t precision, const uint8_t *data, uint32_t size, struct jpeg_tables *tables)
{
	struct jpeg_tables read = {0};
	uint32_t count = 0;

	while (size > 0) {
		uint32_t width = count < 8 && (precision >> count & 1) ? 2 : 1;

		if (size < width * JPEG_TABLE_VALUES)
			return -EINVAL;
		for (int i = 0; count < 2 && i < JPEG_TABLE_VALUES; i++) {
			uint16_t value = width == 2 ? read_be16(data + i * 2) : data[i];

			read.value[count][i] = value;
			read.wide |= value > 255;
		}
		data += width * JPEG_TABLE_VALUES;
		size -= width * JPEG_TABLE_VALUES;
		count++;
	}
	if (count == 0)
		return -EINVAL;
	read.count = (uint8_t)(count < 2 ? count : 2);
	*tables = read;
	return 0;
}
