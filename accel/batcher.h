/* One model at work: gathers frames into batches, keeps the engine busy, turns outputs into
 * results.
 *
 * Frames leave in the order in which they came, so a camera's order is kept; a frame that failed
 * before takes its turn without taking room in a batch. A batch is closed when it is full, when the
 * engine has nothing to do, or when its oldest frame would miss its deadline, given the measured
 * run time of such a batch. Batches are a ring: while one runs, the next is filled.
 *
 * One thread uses a batcher, except where it is said.
 */
#pragma once

#include "accel/infer.h"
#include "accel/model.h"
#include "core/frame.h"
#include "core/latency.h"

/* One runs, one waits for it to end, one is being filled. */
#define BATCHES 3

struct batcher;

/* Written by the batcher's thread, read by any. */
struct batcher_stats {
	struct gw_counter batches;
	struct gw_counter frames; /* ... in them */
	struct gw_counter failed; /* frames that could not be inferred */
	struct gw_histogram run_us; /* from the start of a batch to its end */
};

struct batcher_options {
	const struct infer_ops *engine;
	const struct model *model; /* outlives the batcher */
	uint16_t model_index; /* for results */
	const struct gw_accel_config *config;

	uint32_t frames; /* how many may be inside at a time */
};

/* Opens the engine. NULL and an error line on failure. */
struct batcher *batcher_open(const struct batcher_options *options, struct gw_error *error);

/* Frames that are inside are abandoned. Accepts NULL. */
void batcher_close(struct batcher *batcher);

/* Takes a frame, decoded or failed. */
void batcher_add(struct batcher *batcher, struct gw_frame *frame, int64_t now);

/* One turn: takes back what the engine has finished, preprocesses a few frames, closes what must be
 * closed (`flush`: whatever is there). Returns how much it did. */
uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush);

/* Gives up to `count` frames that are done, oldest first. They hold a result, or have failed. */
uint32_t batcher_take(struct batcher *batcher, struct gw_frame **frames, uint32_t count);

/* Frames inside. Any thread; exact only for the batcher's. */
uint32_t batcher_waiting(const struct batcher *batcher);

/* Any thread. */
const struct batcher_stats *batcher_stats(const struct batcher *batcher);

/* Why frames failed: the latest reason, once; NULL when there is none that was not told yet. The
 * batcher's thread only, for its housekeeping. */
const char *batcher_complaint(struct batcher *batcher);
