/* What the sink stage answers over HTTP. */
#pragma once

#include "core/api.h"

extern const struct gw_api_route sink_routes[];
