/* The better pictures among what models made of a frame. Lane of the sink. */
#pragma once

#include "core/gateway.h"

/* Looks for one from finding *at on. Returns it, in the frame's slot, and sets *at to its finding;
 * NULL: there is no more, and *at is behind the last finding. */
const struct gw_picture *enhanced_next(
	const struct gw *gw, const struct gw_result *result, uint16_t *at);
