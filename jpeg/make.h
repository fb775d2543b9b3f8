/* JPEGs for tests and benchmarks, made in memory by libjpeg: no binary files in the tree. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

/* What the picture is to be; 0 stands for a sensible default. */
struct jpeg_recipe {
	uint16_t width, height;
	uint8_t components; /* 1: grey, 3: YCbCr (default), 4: CMYK */
	uint8_t h, v; /* sampling factors of luma, chroma has 1x1; default 2x2 */
	uint8_t quality; /* default 80 */
	bool wide; /* quality may ask for 16-bit quantisation tables: then SOF1 */
	bool progressive;
	bool optimise; /* Huffman tables of its own */
	bool split; /* one scan per component */
	uint16_t restart_interval;
	uint32_t seed; /* other seeds are other pictures */
};

/* Returns a JPEG in malloc'd memory of exactly *size bytes, which the caller frees. Aborts on
 * failure. */
uint8_t *jpeg_make(const struct jpeg_recipe *recipe, size_t *size);

/* The same from RGB pixels of the caller's, 3 * width bytes a row. */
uint8_t *jpeg_make_from(const struct jpeg_recipe *recipe, const uint8_t *rgb, size_t *size);

/* The plainest use of libjpeg: the whole picture at full size, as RGB or grey, rows without gaps,
 * in malloc'd memory that the caller frees. Aborts on failure. */
uint8_t *jpeg_reference(const uint8_t *data, size_t size, bool grey);

/* What libjpeg's IDCT gives of a picture of three components: plane after plane, whole MCUs, rows
 * without gaps. */
struct jpeg_planes {
	uint8_t *sample[3];
	uint32_t pitch[3];
	uint32_t width[3], height[3]; /* without what fills up the last blocks */
};

/* The plainest use of libjpeg's raw output, scaled to so many eighths. Aborts on failure. */
void jpeg_reference_planes(
	const uint8_t *data, size_t size, uint32_t eighths, struct jpeg_planes *planes);
void jpeg_planes_free(struct jpeg_planes *planes);

/* The offset of the first marker 0xff `marker` before the scan's data ends; aborts when there is
 * none. */
size_t jpeg_find(const uint8_t *data, size_t size, uint8_t marker);

/* Puts a JPEG into a frame's slot, as the dataplane would. */
void jpeg_into_frame(struct gw_frame *frame, const uint8_t *data, size_t size);
