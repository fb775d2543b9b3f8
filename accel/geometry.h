/* Where each input pixel of a model comes from in a camera's picture, and the way back.
 *
 * Three rectangles of pixels: the source picture (what the camera sent), the decoded picture (the
 * same, perhaps DCT-scaled to 1/8 .. 8/8), and the model's input. A region is given in source
 * pixels. Pixels are squares with their centre at +0.5.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accel/model.h"
#include "core/config.h"

/* source = origin + (input - pad) * step; what lies outside left..right, top..bottom was not seen.
 */
struct input_map {
	float origin_x, origin_y;
	float step_x, step_y;
	float pad_x, pad_y;
	float left, top, right, bottom;
};

/* Two neighbouring pixels and how much of the second there is: value = a + (b - a) * weight. */
struct taps {
	uint32_t *a, *b;
	float *weight;
};

/* One camera's. Its tables are as long as the input is wide and high. */
struct geometry {
	/* What it was computed for. */
	uint16_t source_width, source_height, image_width, image_height;

	/* The part of the input that the picture fills: all of it, unless it is letterboxed. */
	uint32_t x, y, width, height;
	struct taps columns; /* width entries, relative to `first` */
	struct taps rows; /* height entries */
	uint32_t first, count; /* columns of the decoded picture that are read */
	struct input_map map;

	const struct model_input *input;
	struct gw_region region;
};

/* Reserves the tables. `region` NULL: the whole picture. 0 or -ENOMEM. */
int geometry_init(
	struct geometry *geometry, const struct model_input *input, const struct gw_region *region);
void geometry_free(struct geometry *geometry);

/* Computes the tables, unless they are already those for these sizes; allocates nothing. -ERANGE
 * when the region lies outside of the source picture. */
int geometry_update(struct geometry *geometry, uint16_t source_width, uint16_t source_height,
	uint16_t image_width, uint16_t image_height);
