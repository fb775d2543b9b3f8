/* Where each input pixel of a model comes from in a camera's picture, and the way back.
 *
 * Three rectangles of pixels: the source picture (what the camera sent, as it is seen), the decoded
 * picture (the same as it is stored, perhaps DCT-scaled to 1/8 .. 8/8), and the model's input. A
 * region is given in source pixels. A picture that is stored mirrored or turned is read in its own
 * order, a row at a time: mirrored tables lead to the right places, and the lines of one that is
 * turned by a quarter go down the input's columns. Pixels are squares with their centre at +0.5.
 * What a decoder made up to complete a pixel or a block at the edge of the picture is never read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accel/input/tensor_rows.h"
#include "accel/repository/model.h"
#include "core/config/config.h"
#include "core/surface.h"

/* source = origin + (input - pad) * step; what lies outside left..right, top..bottom was not seen.
 */
struct input_map {
	float origin_x, origin_y;
	float step_x, step_y;
	float pad_x, pad_y;
	float left, top, right, bottom;
};

/* Two neighbouring pixels and how much of the second there is: value = a + (b - a) * weight. Always
 * b = a + 1, but where there is only one pixel: there b = a. They rise or, mirrored, fall.
 *
 * Or, averaged, the first and the last pixel of a range: value = a * weight + (the sum of those
 * between) * inner + b * last. */
struct taps {
	uint32_t *a, *b;
	float *weight;
	int16_t *fraction; /* the weight times 2^15, at most 2^15 - 1; not when averaged */
	float *inner, *last; /* when averaged; `inner` is 0 where nothing is between */
	bool averaged;
	bool narrow; /* ... and no range is longer than three pixels */
};

/* Eight columns of the input: where the sixteen samples begin among which are all the neighbours,
 * and where each left and each right one stands in them. */
#define WINDOW_COLUMNS 8
#define WINDOW_SAMPLES 16
struct column_window {
	uint32_t begin;
	uint8_t place[WINDOW_SAMPLES];
};

/* How one plane is read, for as many columns and rows of it as there are `across` and `down` in the
 * geometry. Columns are counted from `first`. */
struct plane_taps {
	struct taps columns, rows;
	uint32_t first, count; /* columns of the plane that are read */
	struct column_window *windows;
	bool dense; /* the windows are wide enough: at most about two samples to a column */
};

/* Its tables are as long as the input's longer side. */
struct geometry {
	/* What it was computed for. */
	uint16_t source_width, source_height, picture_width, picture_height;
	enum gw_format format;
	uint8_t orientation;
	struct gw_region region;

	/* The part of the input that the picture fills: all of it, unless it is letterboxed; of the
	 * resized picture, the part that is seen begins at `cut`, unless it is cropped at 0. */
	uint32_t x, y, width, height;
	uint32_t cut_x, cut_y;
	/* The same part as it is read: lines, and values in each of them. */
	uint32_t down, across;
	struct gw_fit_size seen; /* the region, in pixels of the source */
	struct plane_taps luma; /* of packed pixels too */
	struct plane_taps chroma; /* of both chroma planes, when the picture has any */
	struct input_map map;

	const struct model_input *input;
};

/* Reserves the tables. 0 or -ENOMEM. */
int geometry_init(struct geometry *geometry, const struct model_input *input);
void geometry_free(struct geometry *geometry);

/* Where line i of the picture goes. */
struct tensor_span geometry_span(const struct geometry *geometry, uint32_t i);

/* Whether the tables are those of such a picture. `region` NULL: the whole picture. The source's
 * size is that of the picture as it is seen. */
bool geometry_is_for(const struct geometry *geometry, const struct gw_region *region,
	uint16_t source_width, uint16_t source_height, const struct gw_surface *surface);

/* Whether there is something to see: sizes are not 0, and the region begins inside the source. */
bool geometry_is_possible(const struct gw_region *region, uint16_t source_width,
	uint16_t source_height, const struct gw_surface *surface);

/* Computes the tables for a picture of the surface's size and format (10 to 20 us); allocates
 * nothing. A chroma sample lies in the middle of the luma samples that share it, as JFIF has it.
 * -ERANGE when that is not possible: then the tables are for nothing. `wanted` NULL: the whole
 * picture. */
int geometry_update(struct geometry *geometry, const struct gw_region *wanted,
	uint16_t source_width, uint16_t source_height, const struct gw_surface *surface);
