/* From a decoded picture to a tensor when it is made smaller by more than two: what a pixel of the
 * input covers is averaged, so that nothing small is lost. */
#pragma once

#include "accel/input/geometry.h"
#include "accel/input/tensor_rows.h"
#include "core/surface.h"

/* Room for rows, for use by one thread. */
struct average {
	float *line; /* one row of the picture, not yet resized across */
	float *components; /* resized rows: GW_PLANES, as wide as the input */
};

/* 0 or -ENOMEM. */
int average_init(struct average *average, const struct model_input *input);

/* Accepts one that was never initialised (all zero). */
void average_free(struct average *average);

/* Whether the picture is made smaller by so much in one direction or the other. */
bool average_is_due(const struct geometry *geometry);

/* What preprocess_run() does for such a picture of any format, where it covers the input; in a
 * direction in which it is not made so much smaller it is resized bilinearly. */
void average_run(const struct average *average, const struct geometry *geometry,
	const struct gw_surface *surface, const struct tensor_rows *rows, void *tensor);
