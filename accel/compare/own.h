/* The measures, one for each kind of answer, as compare.h says: results of one picture in, 0 .. 1
 * out. */
#pragma once

#include "core/result.h"

float compare_objects(const struct gw_result *one, const struct gw_result *other);
float compare_masks(const struct gw_result *one, const struct gw_result *other);
float compare_lines(const struct gw_result *one, const struct gw_result *other);
float compare_tensors(const struct gw_result *one, const struct gw_result *other);

/* What two shapes have in common, as part of what they cover together: 0 .. 1. */
float compare_shapes(const struct gw_shape *one, const struct gw_shape *other);
