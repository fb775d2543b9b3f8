/* What the `place` kernel is told: one job a picture, and a table of taps for each plane and
 * direction. Compiled as C and for the device, as jobs.h is: only numbers of 32 bits.
 */
#pragma once

#include <stdint.h>

/* Which samples of a line make one value: the first and the last of a range, and those between.
 * value = first * first_share + (the sum of those between) * inner_share + last * last_share; where
 * there is only one, `last_share` is 0. */
struct place_tap {
	uint32_t first, last;
	float first_share, inner_share, last_share;
};

/* What the samples of a picture are. */
#define PLACE_GREY 0 /* one level */
#define PLACE_RGB 1 /* three levels */
#define PLACE_YCC 2 /* luma and two differences of colours, ITU-T T.871, 7 */

/* How the values of the tensor are stored. */
#define PLACE_FLOAT32 0
#define PLACE_FLOAT16 1
#define PLACE_UINT8 2

struct place_job {
	/* The picture: for each of its parts where its first sample is, bytes from row to row, and
	 * the taps for columns and rows. */
	uint32_t part[3], pitch[3];
	uint32_t columns[3], rows[3]; /* the first tap's number */
	uint32_t step; /* bytes from sample to sample of a row */
	uint32_t kind;
	uint32_t limited; /* levels are 16 .. 235, colours 16 .. 240 */

	/* The input, and the part of it that the picture fills. */
	uint32_t width, height;
	uint32_t left, top, across, down;
	uint32_t swapped; /* rows of the picture are columns of the input */

	/* The tensor: value = (level - mean) * scale, in the order of its channels. */
	uint32_t channels; /* 1 or 3 */
	uint32_t interleaved; /* channels of a pixel lie side by side */
	uint32_t reversed; /* blue comes first */
	uint32_t type;
	uint32_t value; /* the number of the first value among those of the tensor */
	float mean[3], scale[3];
	float fill[3]; /* values beside the picture */
};
