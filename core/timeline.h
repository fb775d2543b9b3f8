/* A recording, laid out: slices on tracks, no two at the same time, and each frame's way through
 * them. */
#pragma once

#include <stdint.h>

#include "core/gateway.h"

#define TIMELINE_FRAMES 40000 /* more are left out, and counted */
#define TIMELINE_ROWS 64 /* of one lane or device */

/* In the order of a frame's way, which is that of the tracks. */
enum track_kind { TRACK_RX, TRACK_SOURCE, TRACK_DECODE, TRACK_DEVICE, TRACK_SINK, TRACK_KINDS };

struct slice {
	const struct gw_trace_entry *entry; /* of the frame, or of the batch */
	enum track_kind kind;
	uint32_t index; /* of the lane, or of the device */
	uint32_t row; /* what runs beside another has one of its own */
	int64_t begin, end;
};

/* A slice that a frame's way goes through. */
struct point {
	uint32_t frame; /* number of the way */
	uint32_t slice;
	int64_t time;
};

struct timeline {
	const struct gw *gw;
	const struct gw_trace_entry **frames; /* by camera and number */
	struct slice *slices; /* by track and begin */
	struct point *points; /* by frame and time */
	uint32_t frame_count, batch_count, slice_count, point_count;
	uint64_t left_out;
};

/* Lays out what gw->trace recorded, between gw_trace_end() and gw_trace_release(): slow. Returns 0
 * or -ENOMEM; timeline_free() must follow in any case. */
int timeline_make(struct timeline *timeline, const struct gw *gw);
void timeline_free(struct timeline *timeline);

/* The number of a slice's track, from 1. */
static inline uint32_t slice_track(const struct slice *slice)
{
	return 1 + ((uint32_t)slice->kind * GW_LANES + slice->index) * TIMELINE_ROWS + slice->row;
}
