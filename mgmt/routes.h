/* What the management plane itself answers. */
#pragma once

#include "core/api.h"

extern const struct gw_api_route mgmt_routes[];
