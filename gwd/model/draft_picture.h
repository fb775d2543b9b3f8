/* Which input of a graph takes the picture, and how. Private to `gwd model inspect`. */
#pragma once

#include "gwd/model/draft.h"

struct draft_picture {
	const struct onnx_tensor *tensor;
	const struct onnx_tensor *size; /* the input for the picture's size; NULL: none */
	bool nhwc;
	uint32_t batch, channels, width, height; /* 0: open */
};

/* Returns 0, or -EINVAL with a line that says what to do: no input takes a picture, or others are
 * needed that nobody could fill. Open width and height are looked up in the properties. */
int draft_picture_find(
	const struct onnx_graph *graph, struct draft_picture *picture, struct gw_error *error);
