/* The configuration as it is now: what was read, with the cameras that came and went since. */
#pragma once

#include "core/gateway.h"

/* Fills `running`, which borrows everything but its list of cameras: it is good until a camera
 * changes, and gw_running_free() takes back the list. Control thread, or between
 * gw_cameras_hold() and gw_cameras_release(). Returns 0 or -ENOMEM with a line. */
int gw_running_config(const struct gw *gw, struct gw_config *running, struct gw_error *error);

void gw_running_free(struct gw_config *running);
