/* What the kernels are told: one job a plane or a picture, many of them in a batch. The same text
 * is compiled as C and for the device, so there are only numbers of 32 bits in it.
 */
#pragma once

#include <stdint.h>

/* Blocks of one plane to samples. */
struct idct_job {
	uint32_t block; /* its first one, among the batch's coefficients */
	uint32_t stride; /* blocks from one row of blocks to the next */
	uint32_t across, down; /* blocks */
	uint32_t table; /* its 64 quantisation factors, in natural order: the first one's index */
	uint32_t sample; /* where its first sample goes, and how many there are to a row */
	uint32_t pitch;
	uint32_t side; /* samples along one side that a block becomes: 1, 2, 4 or 8 */
};

/* Planes of one picture to packed RGB. */
struct rgb_job {
	uint32_t plane[3]; /* first samples */
	uint32_t pitch[3]; /* samples from row to row */
	uint32_t width, height; /* pixels */
	uint32_t chroma_width, chroma_height; /* samples that belong to the picture */
	uint32_t across, down; /* luma samples to one of chroma along each side: 1, 2 or 4 */
	uint32_t smooth; /* 0: chroma is repeated; else it is interpolated where 2 come of 1 */
	uint32_t colours; /* 0: luma is all there is */
	uint32_t pixel; /* where the first byte goes, and how many there are to a row */
	uint32_t pixel_pitch;
};

/* One plane to a smaller one. */
struct shrink_job {
	uint32_t from, to; /* first samples */
	uint32_t from_pitch, to_pitch; /* samples from row to row */
	uint32_t width, height; /* samples of the large one that belong to the picture */
	uint32_t side; /* samples along a square's side that become one: 1, 2, 4 or 8 */
};
