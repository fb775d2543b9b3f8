/* A lane of the sink: every frame of its cameras ends here, whatever became of it, and is counted
 * exactly once. Its functions are the stage's; all run on the lane's thread. */
#pragma once

#include "core/stage.h"
#include "sink/held.h"
#include "sink/reducer.h"
#include "sink/room.h"
#include "sink/sampler.h"
#include "sink/sink.h"

/* What all lanes have together. */
struct sink_shared {
	const struct sink_ops *ops;
	struct room room;
	struct spool *spool; /* of the back-end that has one */
};

struct sink {
	struct gw *gw;
	struct gw_lane *lane;
	const struct sink_ops *ops;
	struct sink_shared *shared;
	void *backend;
	struct record *record;
	struct sampler samplers[GW_CAMERAS];
	struct reducer *reducer; /* NULL: what is too large is refused */
	struct held *held; /* of one that has a reducer: results that wait for it */
	bool purged; /* what it has made is counted as lost */
	uint32_t waiting[2]; /* the lane's records not reported yet, by enum sink_kind */

	/* A lossless frame that the back-end has no room for, and what it has of it. */
	struct gw_frame *stuck;
	bool chosen; /* its picture is a sample */
	bool asked; /* ... that somebody asked for */
	bool sampled; /* ... and was handed over */
	bool reducing; /* ... or will be, if it can be made smaller */
	uint16_t enhanced; /* enhanced pictures of findings before this one are through */
	/* The slot counts as one that only a sample keeps: so the result counts as waiting. */
	bool gauged;
};

/* Takes frames and hands their records over to the back-end; then lets it report. */
uint32_t sink_lane_poll(struct gw_lane *lane);

/* Now and then, at `now` (gw_now()). */
void sink_lane_housekeeping(struct gw_lane *lane, int64_t now);

/* One turn of a lane that gets no more frames. Returns whether nothing waits any more; what waits
 * at the lane's `drain_by` is counted as lost. */
bool sink_lane_drain(struct gw_lane *lane);

/* Counts as lost whatever is still there. */
void sink_lane_end(struct gw_lane *lane);
