/* Makes a picture what a kind of camera needs: without a loss where only its coding changes, from
 * its pixels where its content must. Any thread. */
#pragma once

#include "gwgen/picture.h"

enum recode_sampling { RECODE_ANY, RECODE_420, RECODE_422, RECODE_GREY };

/* What the picture must be. All zero: any baseline picture of 4:2:0 or 4:2:2 with the Huffman
 * tables of Annex K. */
struct recode_needs {
	enum recode_sampling sampling;
	uint16_t interval; /* MCUs between restart markers; 0: as it is */
	bool no_interval; /* none */
	bool own_huffman; /* optimised Huffman tables */
	bool any_huffman; /* any will do */
	uint8_t quality; /* tables that Q stands for (RFC 2435, 4.2); 0: as they are */
	bool one_table; /* all components use the same one */
	bool wide; /* some value of a table needs 16 bits */
	uint16_t width, height; /* pixels; 0: as they are */
	uint32_t most_bytes; /* of the scan: the quality goes down until it fits; 0: any */
};

enum recode_done {
	RECODE_KEPT, /* byte by byte */
	RECODE_LOSSLESS, /* other coding, the same pixels */
	RECODE_LOSSY,
};

/* Opens `picture` from a JPEG file of any kind that libjpeg reads (progressive, grey, 4:4:4).
 * Returns how, or -EBADMSG and a line. The bytes stay the caller's. */
int recode(struct picture *picture, const uint8_t *bytes, uint32_t size,
	const struct recode_needs *needs, struct gw_error *error);
