/* The books of a lane of the sink: what of its cameras waits, is held and is through. All functions
 * are the lane's; what back-ends call of it is in sink/sink.h. */
#pragma once

#include <stdbool.h>

#include "core/gateway.h"

struct sink;

/* How long the lane's frames took. */
struct gw_latency *settle_latency(const struct sink *sink);

/* Moves a gauge up or down. */
void settle_gauge(struct gw_counter *gauge, int by);

/* Corrects the gauges for a result that waits here while its sample is with the back-end. */
void settle_stuck(struct sink *sink, const struct gw_frame *frame, bool gauged);

/* One more record waits that lies in the frame's slot, or one less. */
void settle_hold(struct gw_camera_stats *stats, struct gw_frame *frame);
void settle_unhold(struct gw_camera_stats *stats, struct gw_frame *frame);

/* A frame is through: its result was handed over, or `drop` is why there is none. Gives up the
 * lane's reference to it. */
void settle_frame(struct sink *sink, struct gw_frame *frame, enum gw_drop drop);
