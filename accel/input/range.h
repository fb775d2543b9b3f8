/* Levels of limited range, 16 .. 235 and 16 .. 240 of colour (ITU-R BT.601, 2.5.3), to those that
 * JFIF has, 0 .. 255; in place. What lies outside is cut. */
#pragma once

#include <stdint.h>

void range_widen_luma(float *levels, uint32_t count);

/* Both chroma planes alike; their middle is 128. */
void range_widen_chroma(float *levels, uint32_t count);

/* Levels that were made of YCbCr as if it had the full range. */
void range_widen_rgb(float *red, float *green, float *blue, uint32_t count);

/* In units of 1/`one` of a level, at most 64. */
void range_widen_luma_words(int16_t *levels, uint32_t count, int16_t one);
void range_widen_chroma_words(int16_t *levels, uint32_t count, int16_t one);
