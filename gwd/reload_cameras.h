/* The part of a reload that is about cameras. */
#pragma once

#include "core/gateway.h"

/* Brings the cameras that there are to those that are wanted: removes, changes and adds. What
 * cannot be done is named in the log, a line for each of the first, and the rest is done all the
 * same. Control thread. */
void gw_reload_cameras(struct gw *gw, const struct gw_config *wanted);
