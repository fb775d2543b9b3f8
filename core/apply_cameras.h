/* The part of a commit that is about cameras. */
#pragma once

#include "core/gateway.h"

/* Brings the cameras that there are to those that are wanted: changes, adds and removes. What can
 * fail is done first, and the first failure ends it: then some are as they are wanted and some as
 * they were, and a second call with those that there were takes it back. Logs what it did under
 * `what`, "applied". A name whose last frames are still on the way is waited for, 200 ms at most.
 * Control thread. Returns 0 or a negative errno with a line. */
int gw_apply_cameras(
	struct gw *gw, const struct gw_config *wanted, const char *what, struct gw_error *error);
