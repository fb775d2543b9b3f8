/* What preprocess_run() has to compute, once more: plain, slow and in double precision, from the
 * definitions alone. For tests. */
#pragma once

#include "accel/repository/model.h"
#include "core/config/config.h"
#include "core/surface.h"

struct reference {
	const struct model_input *input; /* complete */
	struct gw_region region;
	uint16_t source_width, source_height;
	const struct gw_surface *surface;
};

/* The value of the input's pixel in column x, row y and that channel, before it is rounded to the
 * element's type. */
double reference_value(const struct reference *reference, uint32_t channel, uint32_t x, uint32_t y);

/* The value that stands there in a tensor, whatever its layout and type. */
double reference_read(const struct model_input *input, const void *tensor, uint32_t channel,
	uint32_t x, uint32_t y);
