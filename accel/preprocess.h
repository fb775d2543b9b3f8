/* From a decoded picture to numbers in a batch tensor: crop, bilinear resize (half-pixel centres,
 * edges go on, no antialiasing: the decoder has already scaled to about the input's size), mean and
 * scale, NCHW float32. */
#pragma once

#include "accel/geometry.h"
#include "accel/planes.h"
#include "core/surface.h"

/* One model's, for use by one thread. */
struct preprocess {
	const struct model_input *input;
	float *row; /* one picture row between two source rows, not yet resized */
	struct planes planes;
};

/* 0 or -ENOMEM. */
int preprocess_init(struct preprocess *preprocess, const struct model_input *input);
void preprocess_free(struct preprocess *preprocess);

/* Writes channels * height * width values to `tensor`. The picture must have the size that
 * `geometry` was last updated for. A grey input is the luma of a picture, a colour input its RGB
 * (ITU-R BT.601, full range, as in JFIF; bilinear between chroma samples too). */
void preprocess_run(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, float *tensor);
