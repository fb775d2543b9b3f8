/* What the receive stage answers: who its strangers are. */
#pragma once

#include "core/api.h"

extern const struct gw_api_route dataplane_routes[];
