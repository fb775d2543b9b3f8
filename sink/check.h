/* What of a sink can be known before it is opened. */
#pragma once

#include "core/error.h"
#include "core/gateway.h"

/* Whether its back-end is known, and whether the directory that it writes to can be made or opened:
 * makes none. Returns 0 or a negative errno with the line that opening it would end with. Any
 * thread. */
int sink_check(const struct gw *gw, struct gw_error *error);
