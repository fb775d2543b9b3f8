/* A recording as the JSON that Chrome's tracing and Perfetto open ("Trace Event Format", Google):
 * tracks for lanes and devices, a slice for each thing done, arrows for each frame's way. */
#pragma once

#include <stdio.h>

#include "core/gateway.h"

/* Writes what gw->trace recorded, between gw_trace_end() and gw_trace_release(): slow. Times are
 * microseconds since the recording began; what had begun before is negative. Returns 0 or -ENOMEM.
 */
int gw_trace_write(struct gw *gw, FILE *out);
