/* The measures, one for each kind of answer, as answers.h says: results of one picture in, 0 .. 1
 * out. */
#pragma once

#include "core/result.h"

float objects_apart(const struct gw_result *one, const struct gw_result *other);
float masks_apart(const struct gw_result *one, const struct gw_result *other);
float lines_apart(const struct gw_result *one, const struct gw_result *other);
float tensors_apart(const struct gw_result *one, const struct gw_result *other);

/* What two shapes have in common, as part of what they cover together: 0 .. 1. */
float shapes_overlap(const struct gw_shape *one, const struct gw_shape *other);
