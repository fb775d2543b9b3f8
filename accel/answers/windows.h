/* Small parts of a picture that a model made, evenly spread over it: what it takes to tell how like
 * another one it is, when the picture itself has become a JPEG.
 *
 * The measure is the structural similarity (Wang, Bovik, Sheikh and Simoncelli: Image Quality
 * Assessment: From Error Visibility to Structural Similarity, 2004), of the luma, the mean over
 * windows of 8 x 8 pixels. It is a number up to 1 without a scale that somebody has to choose, as
 * PSNR would need one, and says more of lost detail than of a picture that is a little brighter.
 * Pictures of different sizes are compared by what both look like at 64 x 64.
 */
#pragma once

#include <stdint.h>

#include "accel/heads/pixels.h"

#define WINDOW_SIDE 8
#define WINDOW_PIXELS (WINDOW_SIDE * WINDOW_SIDE)
#define WINDOWS_MOST 4096 /* all of a picture of 512 x 512, and a part of a larger one */
#define WINDOWS_COARSE 64 /* of the picture at 64 x 64 */

struct windows {
	uint32_t width, height; /* of the picture */
	uint32_t count;
	uint8_t fine[WINDOWS_MOST][WINDOW_PIXELS];
	uint8_t coarse[WINDOWS_COARSE][WINDOW_PIXELS];
};

/* Takes them of a picture that has a pixel at least. Any thread. */
void windows_take(struct windows *windows, const struct pixels *pixels);

/* 1 - the structural similarity, 0 .. 1: where it is below 0, nothing is alike. A pure function. */
float windows_apart(const struct windows *one, const struct windows *other);
