/* The shape of what a detector finds, from coefficients of its box and maps that all boxes share
 * (Bolya et al.: YOLACT, 2019, 3.1): the sum of coefficient times map says where it is above 0. */
#pragma once

#include "accel/heads/candidates.h"

struct outline {
	const struct infer_tensor *maps; /* prototypes, rows, columns */
	const float *values; /* ... theirs */
	size_t step; /* from one coefficient of a box to the next, floats */
};

/* Adds the cells of the maps within the finding's box to it; `coefficients` points to the first of
 * as many as there are prototypes. 0; -ENOBUFS: the slot has no room; -EDOM: they are no numbers.
 */
int outline_add(const struct candidates *candidates, const struct outline *outline,
	const float *coefficients, struct gw_result *result, struct gw_finding *finding);
