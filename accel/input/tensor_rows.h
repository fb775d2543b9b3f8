/* Where the values of a picture stand in a model's tensor. Resizing makes rows of float32, one for
 * each channel; here they go to their places: layout, order of colours and element type. */
#pragma once

#include <stddef.h>

#include "accel/repository/model.h"

/* One model's, for use by one thread. */
struct tensor_rows {
	const struct model_input *input;
	/* Value = (pixel - mean) * scale; of red, green, blue, or of grey. */
	float mean[MODEL_CHANNELS], scale[MODEL_CHANNELS];
	uint32_t stride; /* values of a line in `buffer` */
	float *buffer; /* lines that are not written where they belong: TENSOR_LINES a channel */
	float *line; /* a part of them, in the tensor's order ... */
	void *narrow; /* ... and in the element's type */
};

/* The input is complete (model_input_complete()) and outlives the rows. 0 or -ENOMEM. */
int tensor_rows_init(struct tensor_rows *rows, const struct model_input *input);

/* Accepts rows that were never initialised (all zero). */
void tensor_rows_free(struct tensor_rows *rows);

/* Bytes of one value, and of one picture. */
size_t model_value_size(const struct model_input *input);
size_t model_picture_size(const struct model_input *input);

/* Lines down the tensor are gathered, so that as many neighbours are written at once. */
#define TENSOR_LINES 16

/* A line of a picture's pixels in the tensor: part of a row or, for a picture that is seen turned,
 * of a column. */
struct tensor_span {
	uint32_t x, y, count;
	bool down;
	/* When it goes down: its number among the picture's, and whether it is the last. They come
	 * in their order, from the left. */
	uint32_t number;
	bool last;
};

/* Sets `to` to where the span's values are to be written: red, green and blue, or grey alone.
 * Between this and tensor_rows_end() of the same span nothing else may be begun; what goes down is
 * in the tensor after the last one. */
void tensor_rows_begin(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span,
	float *to[MODEL_CHANNELS]);
void tensor_rows_end(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span);

/* Writes what stands beside a letterboxed picture, to all of one row but the span, which does not
 * go down; all of it when the span's count is 0. */
void tensor_rows_fill(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span);

/* The value of what stands there. */
float tensor_fill_value(const struct model_input *input, uint32_t channel);

/* Rounds to the nearest number of IEEE 754 binary16, ties to even; what is too large becomes
 * infinite. */
void tensor_to_half(uint16_t *to, const float *from, uint32_t count);
