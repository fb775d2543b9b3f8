/* The markers of a JPEG, and the way from one to the next (ITU-T T.81, B.1.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The second bytes of markers (T.81, table B.1). */
enum jpeg_marker {
	MARKER_TEM = 0x01,
	MARKER_SOF0 = 0xc0, /* baseline */
	MARKER_SOF1 = 0xc1, /* extended sequential, Huffman */
	MARKER_SOF2 = 0xc2, /* progressive */
	MARKER_SOF3 = 0xc3, /* lossless */
	MARKER_DHT = 0xc4,
	MARKER_SOF5 = 0xc5, /* hierarchical: 5 .. 7 */
	MARKER_SOF6 = 0xc6,
	MARKER_SOF7 = 0xc7,
	MARKER_JPG = 0xc8,
	MARKER_SOF9 = 0xc9, /* arithmetic: 9 .. 15 */
	MARKER_SOF10 = 0xca,
	MARKER_SOF11 = 0xcb,
	MARKER_DAC = 0xcc,
	MARKER_SOF13 = 0xcd,
	MARKER_SOF14 = 0xce,
	MARKER_SOF15 = 0xcf,
	MARKER_RST0 = 0xd0,
	MARKER_RST7 = 0xd7,
	MARKER_SOI = 0xd8,
	MARKER_EOI = 0xd9,
	MARKER_SOS = 0xda,
	MARKER_DQT = 0xdb,
	MARKER_DNL = 0xdc,
	MARKER_DRI = 0xdd,
	MARKER_DHP = 0xde,
	MARKER_EXP = 0xdf,
	MARKER_APP0 = 0xe0,
	MARKER_APP1 = 0xe1, /* Exif, or others */
	MARKER_APP15 = 0xef,
	MARKER_COM = 0xfe,
};

/* A walk over markers and segments: what is not read yet. */
struct jpeg_markers {
	const uint8_t *at;
	const uint8_t *end;
};

/* Takes the next marker, over fill bytes (T.81, B.1.1.2). Returns 0; -ENODATA at the end of the
 * bytes; -EBADMSG when no marker stands there. */
int jpeg_marker_next(struct jpeg_markers *markers, uint8_t *marker);

/* Takes the segment that follows a marker: `body` is what stands after its length. Returns 0;
 * -ENODATA when its length is not there; -EBADMSG when it is too small, or more than there is. */
int jpeg_marker_segment(struct jpeg_markers *markers, const uint8_t **body, uint32_t *size);

/* Whether a frame header follows: SOF0 to SOF15 but for what shares their numbers. */
bool jpeg_marker_is_frame(uint8_t marker);

/* Whether no segment follows: TEM, RSTn, SOI, EOI. */
bool jpeg_marker_is_alone(uint8_t marker);
