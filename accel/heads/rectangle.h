/* The smallest rectangle around points, at whatever angle. */
#pragma once

#include <stdint.h>

#include "core/result.h"

struct rectangle {
	struct gw_point centre;
	float width, height;
	float cosine, sine; /* of the angle from the x axis to the side that is `width` long */
};

#define RECTANGLE_POINTS 16384

/* Of 1 to RECTANGLE_POINTS points, which should come nearly in the order of their rows and are
 * sorted on the way. Freeman and Shapira, 1975: one side of it lies on a side of the convex hull.
 */
void rectangle_around(struct gw_point *points, uint32_t count, struct rectangle *rectangle);

/* Clockwise, the one that is nearest to the upper left first. */
void rectangle_corners(const struct rectangle *rectangle, struct gw_point corners[4]);
