/* What convolutions have in common, for those that make steps of them. */
#pragma once

#include "accel/graph/plan_own.h"

/* A convolution that is known by now. */
struct conv {
	const struct graph_node *node;
	struct plan_window window;
	uint32_t images, channels, height, width; /* of the picture */
	uint32_t rows, group_rows, group_channels;
	const float *weights; /* [row][channel][y][x] */
	float *scale, *shift; /* for each row, what is done with the result */
};

/* What a convolution reads, as far as the shapes say. 0 or a negative errno with a line. */
int conv_take_inputs(const struct plan *plan, const struct graph_node *node, struct conv *conv,
	const float **bias, struct gw_error *error);

/* Scales of 1 and shifts that are the bias (NULL: 0), to be freed with conv->scale. False: out of
 * memory. */
bool conv_make_factors(struct conv *conv, const float *bias);

/* The step, after one for the padding where there is any; its result is still to be said. */
uint32_t conv_add_step(
	struct plan *plan, struct graph_node *node, struct conv *conv, uint32_t input);

static inline bool plan_has_padding(const struct plan_window *w)
{
	return w->before[0] || w->before[1] || w->after[0] || w->after[1];
}
