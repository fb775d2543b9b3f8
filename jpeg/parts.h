/* JPEG headers that come in parts, as the ONVIF Streaming Specification sends them in an extension
 * of the RTP header: marker segments as in a JPEG file, any of them, with those that came before or
 * that are usual in place of the others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "jpeg/tables.h"

#define JPEG_PARTS_COMPONENTS 3
#define JPEG_PARTS_TABLES 4
#define JPEG_PARTS_HUFFMAN (16 + 256)

/* A frame header (T.81, B.2.2), and how its colours are meant. All zero: none. */
struct jpeg_parts_frame {
	uint8_t marker; /* SOF0 or SOF1; 0: none */
	uint8_t components; /* 1 or 3 */
	uint16_t width, height; /* pixels, not 0 */
	uint8_t component[JPEG_PARTS_COMPONENTS][3]; /* name, sampling, quantisation table */
	bool has_jfif;
	bool has_adobe;
	uint8_t adobe_transform;
};

/* What stays until it is sent again. All zero: nothing yet. */
struct jpeg_parts {
	struct jpeg_parts_frame frame;
	uint8_t quantisation; /* bit n: table n is there */
	uint8_t huffman[2]; /* the same for DC and AC */
	uint8_t wide; /* bit n: table n was sent with 16 bits */
	uint16_t value[JPEG_PARTS_TABLES][JPEG_TABLE_VALUES]; /* in zigzag order */
	uint16_t code_size[2][JPEG_PARTS_TABLES];
	uint8_t code[2][JPEG_PARTS_TABLES][JPEG_PARTS_HUFFMAN];
};

/* What holds for one picture only. */
struct jpeg_parts_once {
	bool has_frame, has_tables; /* among the segments */
	uint16_t interval; /* DRI; 0: not among them */
	uint8_t scan_components; /* SOS; 0: not among them */
	uint8_t scan[JPEG_PARTS_COMPONENTS][2]; /* name, Huffman tables */
};

/* Reads the segments in `size` bytes at `data`; filling 0xFF may follow. Returns 0, or -EBADMSG
 * when they are malformed or no baseline or extended sequential picture of one or three components
 * is described, and then `parts` are as before. */
int jpeg_parts_read(
	struct jpeg_parts *parts, struct jpeg_parts_once *once, const uint8_t *data, uint32_t size);

/* A frame header of RTP/JPEG types 0 (4:2:2) and 1 (4:2:0). */
void jpeg_parts_set_frame(
	struct jpeg_parts_frame *frame, uint8_t subsampling, uint16_t width, uint16_t height);

/* How many MCUs a picture of that frame header has. */
uint32_t jpeg_parts_mcus(const struct jpeg_parts_frame *frame);

/* Writes all headers of a picture to `begin`, which has room for `room` bytes. `tables` are those
 * that its quantisation is meant with, NULL: those of `parts`. Huffman tables that never came are
 * those of Annex K. Returns how many bytes; 0 when a table is missing or the room does not suffice.
 */
uint32_t jpeg_parts_write(const struct jpeg_parts *parts, const struct jpeg_parts_frame *frame,
	const struct jpeg_parts_once *once, uint16_t interval, const struct jpeg_tables *tables,
	uint8_t *begin, uint32_t room);
