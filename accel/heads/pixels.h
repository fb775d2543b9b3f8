/* A picture that lies in a model's output, and how its levels are found there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pixels {
	const float *values;
	uint32_t x, y, width, height; /* what the picture covers */
	size_t of_row, of_pixel, of_channel; /* steps */
	uint32_t channels; /* 1: grey, 3: colour */
	bool reversed; /* blue comes first */
	float scale; /* to 0 .. 255 */
};

/* Where the value of red, green or blue (0, 1, 2), or of grey, lies of a place inside the picture.
 */
static inline const float *pixels_at(
	const struct pixels *pixels, uint32_t x, uint32_t y, uint32_t c)
{
	const uint32_t from = pixels->reversed ? pixels->channels - 1 - c : c;

	return pixels->values + (y + pixels->y) * pixels->of_row +
		(x + pixels->x) * pixels->of_pixel + from * pixels->of_channel;
}

/* The level that such a value stands for; of what is no number, 0. */
static inline uint8_t pixels_level(const struct pixels *pixels, float value)
{
	/* Written so that the compiler has an instruction for either side. */
	const float scaled = value * pixels->scale, least = scaled > 0 ? scaled : 0;

	return (uint8_t)((least < 255 ? least : 255) + 0.5f);
}
