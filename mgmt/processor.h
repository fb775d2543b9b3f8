/* How much processor time each stage took, its helper threads included: what the kernel says. */
#pragma once

#include "core/gateway.h"

/* Adds up the threads of this process by their names, in nanoseconds since they started. A thread
 * that ended is not counted any more. Any thread. */
void processor_time(const struct gw *gw, uint64_t ns[GW_STAGES]);
