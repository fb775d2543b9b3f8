/* For tests of what places pictures: pictures of noise that are to be seen by inputs of all kinds.
 */
#pragma once

#include "accel/input/geometry.h"
#include "core/surface.h"

struct test_placement {
	struct model_input input;
	float mean[3], scale[3], fill[3];
	struct gw_region region;
	uint16_t source_width, source_height;
	struct gw_device device;
	struct gw_surface surface; /* in the host's memory: `capacity` bytes */
	struct geometry geometry; /* updated for it */
};

/* Number `index` of those, always the same one: an input of up to 70 x 70 and a picture of up to
 * 400 x 400 of every format, range, orientation, fit, layout and type. */
void test_placement_open(struct test_placement *placement, uint32_t index);
void test_placement_close(struct test_placement *placement);

/* A picture of that size, to be seen by a letterboxed input of `side`. */
void test_placement_open_as(struct test_placement *placement, enum gw_format format, uint16_t width,
	uint16_t height, uint16_t side);
