/* From a model's output values to a result. */
#pragma once

#include "accel/geometry.h"
#include "accel/model.h"

/* The best of the model's classes. `values`: one per label. Returns 0, or -EDOM when they are not
 * numbers. */
int classify(
	const struct model_description *description, const float *values, struct gw_result *result);

/* The objects found, in source pixels, best first. `heatmap`: labels x rows x columns, `size`:
 * 4 x rows x columns, where rows and columns are those of the input divided by the stride. An
 * object that lies outside of what the model saw is left out, one that reaches beyond is clipped.
 */
void detect(const struct model_description *description, const struct input_map *map,
	const float *heatmap, const float *size, struct gw_result *result);
