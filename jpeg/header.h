/* The JPEG headers that RTP/JPEG leaves out: SOI, APP0, DQT, SOF, DHT, DRI, SOS (RFC 2435, 4.1 and
 * appendix B; ITU-T T.81, annex B). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "jpeg/tables.h"

/* The longest header: two 16-bit tables and everything else. Smaller than GW_JPEG_HEADROOM. */
#define JPEG_HEADER_MAX 1024

/* What a header depends on. */
struct jpeg_header_key {
	uint16_t width, height; /* pixels, not 0 */
	uint16_t interval; /* MCUs between restart markers, 0: none */
	uint8_t subsampling; /* 0: 4:2:2, 1: 4:2:0 (RFC 2435, 4.1) */
	struct jpeg_tables tables;
};

/* A header that was written, and for what: cameras hardly ever change theirs. */
struct jpeg_header {
	struct jpeg_header_key key;
	uint32_t size; /* 0: none yet */
	bool sound; /* the probe has nothing against it: no table holds zero (T.81, B.2.4.1) */
	uint8_t bytes[JPEG_HEADER_MAX];
};

/* Makes `header` the one for `key`; does nothing when it is that already. */
void jpeg_header_update(struct jpeg_header *header, const struct jpeg_header_key *key);

/* Finds the picture's size in a complete JPEG file, or in its beginning. Returns 0, or -ENODATA
 * when the frame header (SOF) is not among these bytes or malformed. */
int jpeg_header_find_size(const uint8_t *data, uint32_t size, uint16_t *width, uint16_t *height);

/* Writes the four Huffman tables of Annex K, JPEG_HEADER_HUFFMAN bytes. */
#define JPEG_HEADER_HUFFMAN 432
void jpeg_header_put_huffman(uint8_t *out);

/* Adds a restart interval to a header that has none, which begins at `header` and has `size` bytes.
 * It grows towards the front: there must be room for JPEG_HEADER_INTERVAL bytes before it. */
#define JPEG_HEADER_INTERVAL 6
void jpeg_header_add_interval(uint8_t *header, uint32_t size, uint16_t interval);
