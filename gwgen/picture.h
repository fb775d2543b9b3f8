/* A JPEG picture as a sender sees it: taken apart into what RTP/JPEG carries (RFC 2435, 3.1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define PICTURE_TABLES 4

struct picture {
	uint8_t *bytes; /* owned; the whole file */
	uint32_t size;
	uint16_t width, height; /* pixels */
	uint16_t interval; /* MCUs between restart markers, 0: none */
	uint8_t components; /* 1 or 3 */
	uint8_t sampling; /* of luma: horizontal << 4 | vertical */
	bool own_huffman; /* its Huffman tables are not those of Annex K */
	uint8_t table_count; /* of quantisation tables that the components use, 1 to 3 */
	bool wide; /* some value needs 16 bits */
	uint16_t table[PICTURE_TABLES][64]; /* by component, in zigzag order */
	const uint8_t *scan; /* points into `bytes` */
	uint32_t scan_size; /* without EOI */
};

/* Takes `bytes`, malloc'd, of a complete baseline or extended sequential JPEG of one scan, apart.
 * They are the picture's on success. -EBADMSG and -ENOTSUP: the error says what it is instead. */
int picture_open(struct picture *picture, uint8_t *bytes, uint32_t size, struct gw_error *error);

/* Accepts one that was not opened. */
void picture_close(struct picture *picture);

/* RTP/JPEG's type: 0 for 4:2:2, 1 for 4:2:0; -1: no type says its sampling. */
int picture_type(const struct picture *picture);

/* Copies the segments between SOI and the scan whose marker `wanted` names with its low byte; all
 * of them when `wanted` is empty. Returns how many bytes; 0 as well when `room` does not suffice.
 */
uint32_t picture_segments(
	const struct picture *picture, const char *wanted, uint8_t *out, uint32_t room);
