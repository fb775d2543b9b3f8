/* Convex polygons of four corners. */
#pragma once

#include "core/result.h"

#define POLYGON_CORNERS 4

/* The area of what two of them have in common, as part of what they cover together: 0 .. 1. Their
 * corners go round the same way, whichever that is; both have an area. */
float polygon_overlap(
	const struct gw_point a[POLYGON_CORNERS], const struct gw_point b[POLYGON_CORNERS]);
