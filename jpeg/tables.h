/* The quantisation tables of a stream, whether it sends them or only says Q (RFC 2435, 3.1.4, 3.1.8
 * and 4.2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JPEG_TABLE_VALUES 64

/* One or two tables in zigzag order: the first is for luma, the last for chroma. */
struct jpeg_tables {
	uint8_t count; /* 0: none */
	bool wide; /* some value needs 16 bits */
	uint16_t value[2][JPEG_TABLE_VALUES];
};

/* Computes the tables of Annex K of ITU-T T.81, scaled for Q from 1 to 99. */
void jpeg_tables_compute(uint8_t q, struct jpeg_tables *tables);

/* Reads the tables of a quantisation table header. `precision` has a bit per table, the least
 * significant first. There may be one table (all components use it), two, or more (cameras send
 * three, one per component: the first two count). Returns 0, or -EINVAL when `size` does not fit
 * whole tables. */
int jpeg_tables_read(
	uint8_t precision, const uint8_t *data, uint32_t size, struct jpeg_tables *tables);
