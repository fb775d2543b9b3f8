/* What became of frames and batches, one by one, for some seconds on request: a timeline.
 *
 * While nobody asks, all that it costs is one relaxed load per frame and per batch. While somebody
 * does, each lane that ends frames or batches writes them into a ring of its own; what no longer
 * fits is counted, so that the beginning stays. Nothing is freed before the gateway ends: a lane
 * that was about to write still may.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"
#include "core/frame.h"

#define GW_TRACE_ROOM 16384 /* entries of a lane */

enum gw_trace_kind {
	GW_TRACE_FRAME, /* one that came to its end at the sink */
	GW_TRACE_BATCH, /* one that ran on a device, before its members */
	GW_TRACE_MEMBER, /* a frame that was in the batch before it */
};

struct gw_trace_entry {
	uint8_t kind; /* enum gw_trace_kind */
	uint8_t device; /* of a batch: its index in gw->devices */
	uint16_t model; /* of a batch: its index in gw->models */
	uint16_t drop; /* enum gw_drop; of a batch: whether it failed */
	uint16_t pictures; /* of a batch */
	uint32_t camera; /* of a frame and a member */
	bool recorded; /* of a frame: it came from a topic */
	uint64_t number; /* of a frame and a member: its sequence; of a batch: its number */
	int64_t stamp[GW_STAMP_COUNT]; /* of a frame; of a batch: when it began */
	int64_t end; /* of a batch, and of the sink's work on a frame */
};

/* One writer, a lane; the reader looks when the recording has ended. */
struct gw_trace_ring {
	_Atomic(struct gw_trace_entry *) entries; /* GW_TRACE_ROOM; NULL: never recorded */
	_Atomic uint64_t written; /* entries, ever; by the lane */
	_Atomic uint64_t first; /* ... when the recording began; by who asked */
	_Atomic uint64_t lost; /* that found no room, ever; by the lane */
	_Atomic uint64_t lost_before; /* ... when the recording began; by who asked */
};

/* Zeroed: off. */
struct gw_trace {
	_Atomic bool on; /* somebody records; written by who asked, read by the lanes */
	_Atomic bool taken; /* somebody has begun: one at a time */
	int64_t begin, end; /* gw_now() of the recording; who asked */
	struct gw_trace_ring frames[GW_LANES], batches[GW_LANES]; /* of the sink's, accel's lanes */
};

static inline bool gw_trace_is_on(const struct gw_trace *trace)
{
	return atomic_load_explicit(&trace->on, memory_order_relaxed);
}

/* A frame is at its end, well or not. The sink's lane of that index, when gw_trace_is_on(). */
void gw_trace_frame(
	struct gw_trace *trace, uint32_t lane, const struct gw_frame *frame, int64_t now);

/* A batch that has run, and then each of its frames. The accel lane of that index, when
 * gw_trace_is_on(). */
struct gw_trace_batch {
	uint64_t number;
	uint8_t device;
	uint16_t model;
	uint16_t pictures;
	bool failed;
	int64_t begin, end; /* gw_now() */
};
void gw_trace_batch(struct gw_trace *trace, uint32_t lane, const struct gw_trace_batch *batch);
void gw_trace_member(struct gw_trace *trace, uint32_t lane, const struct gw_frame *frame);

/* Begins to record on that many lanes. Returns 0, -EBUSY when somebody records already, or -ENOMEM,
 * with a line. gw_trace_release() must follow. Any thread. */
int gw_trace_begin(
	struct gw_trace *trace, uint32_t frame_lanes, uint32_t batch_lanes, struct gw_error *error);

/* Records no more. What was recorded stays until gw_trace_release(). */
void gw_trace_end(struct gw_trace *trace);
void gw_trace_release(struct gw_trace *trace);

/* Entries that the recording found no room for. */
uint64_t gw_trace_lost(const struct gw_trace *trace);

/* Frees the rings: no lane runs any more. */
void gw_trace_free(struct gw_trace *trace);
