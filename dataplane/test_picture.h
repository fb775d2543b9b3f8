/* A JPEG picture that came out, taken apart, and the tables that RFC 2435 computes: what the
 * reference depayloader (dataplane/test_reference.h) knows of JPEG. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct test_tables {
	int count; /* 1 or 2; 0: none */
	uint16_t value[2][64];
};

struct test_picture {
	uint32_t width, height, interval;
	uint8_t sampling;
	struct test_tables tables;
	const uint8_t *scan; /* points into the picture */
	uint32_t scan_size;
};

/* So many bytes as one number, the first ones count most. */
uint32_t test_picture_number(const uint8_t *at, int bytes);

/* NULL, or why it is no such picture. */
const char *test_picture_open(struct test_picture *picture, const uint8_t *jpeg, uint32_t size);

/* The tables of Annex K in zigzag order, by a factor, for Q from 1 to 99 (RFC 2435, 4.2 and
 * appendix A). */
void test_tables_compute(int q, struct test_tables *tables);

/* Where there is one table, it is for all components. */
bool test_tables_are_same(const struct test_tables *a, const struct test_tables *b);

/* What may follow the scan without changing a pixel: filling, a last RSTn, EOI and anything. */
bool test_picture_is_tail(const uint8_t *at, uint32_t size);
