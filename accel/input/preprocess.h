/* From a decoded picture to numbers in a batch tensor: region and fit, bilinear resize (half-pixel
 * centres, edges go on; the decoder has already scaled to about the input's size) or, where it is
 * made smaller by more than two, averages (accel/input/average.h), mean and scale, and then layout
 * and type of the input (accel/input/tensor_rows.h). */
#pragma once

#include "accel/input/average.h"
#include "accel/input/geometry.h"
#include "accel/input/planes.h"
#include "accel/input/tensor_rows.h"
#include "core/surface.h"

/* One model's, for use by one thread. */
struct preprocess {
	const struct model_input *input;
	float *row; /* one picture row between two source rows, not yet resized */
	struct planes planes;
	struct average average;
	struct tensor_rows rows;
};

/* 0 or -ENOMEM. */
int preprocess_init(struct preprocess *preprocess, const struct model_input *input);
void preprocess_free(struct preprocess *preprocess);

/* Writes model_picture_size() bytes to `tensor`, which is aligned to a value. The picture must have
 * the size that `geometry` was last updated for. A grey input is the luma of a picture, a colour
 * input its RGB (ITU-R BT.601, full range, as in JFIF, unless the surface says that it is limited;
 * bilinear between chroma samples too). */
void preprocess_run(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, void *tensor);
