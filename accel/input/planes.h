/* From the planes of a decoded picture to the three channels of a tensor: luma and chroma are
 * resized from where they lie, and only what the model sees is converted to RGB. */
#pragma once

#include "accel/input/geometry.h"
#include "accel/input/tensor_rows.h"
#include "core/surface.h"

/* Room for rows of an input, for use by one thread. */
struct planes {
	uint16_t *pairs; /* the two neighbours of each column */
	int16_t *rows[GW_PLANES][2]; /* rows of each plane, resized */
};

/* For lines of up to so many pixels. 0 or -ENOMEM. */
int planes_init(struct planes *planes, uint32_t width);

/* Accepts planes that were never initialised (all zero). */
void planes_free(struct planes *planes);

/* What preprocess_run() does for a picture of the formats I420, I422 and I444 and an input of three
 * channels, where the picture covers it; exact to about a tenth of a level. */
void planes_to_rgb(const struct planes *planes, const struct geometry *geometry,
	const struct gw_surface *surface, const struct tensor_rows *rows, void *tensor);
