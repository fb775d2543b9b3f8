/* One model at work: gathers frames into batches, keeps the engine busy, turns outputs into
 * results.
 *
 * Frames leave when they are done, whatever came before them. A batch is closed when it is full,
 * when the engine has nothing to do, or when its oldest frame would miss its deadline, given the
 * measured run time of such a batch. Batches are a ring: while one runs, the next is filled.
 *
 * One thread uses a batcher, except where it is said. Results are made where the batch has ended,
 * on the engine's thread.
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
	struct gw_device *device; /* that it runs on */
	const struct model *model; /* outlives the batcher */
	uint16_t model_index; /* for results */
	const struct gw_accel_config *config;
	uint32_t frames; /* how many may be inside at a time */
};

/* Opens the engine: slow. NULL and an error line on failure. Any thread. */
struct batcher *batcher_open(const struct batcher_options *options, struct gw_error *error);

/* Pictures in one batch, at most. */
uint32_t batcher_max(const struct batcher *batcher);

/* Frames that are inside are abandoned. Accepts NULL. */
void batcher_close(struct batcher *batcher);

/* Takes a decoded frame, of which the model sees the region (NULL: all), which must stay as long as
 * the frame is inside. Its surface goes back once the engine has read it. */
void batcher_add(struct batcher *batcher, struct gw_frame *frame, const struct gw_region *region,
	int64_t now);

/* One turn: takes back what the engine has finished, preprocesses a few frames, closes what must be
 * closed (`flush`: whatever is there). Returns how much it did. */
uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush);

/* Gives up to `count` frames that are done. They hold a result, or have failed. */
uint32_t batcher_take(struct batcher *batcher, struct gw_frame **frames, uint32_t count);

/* Frames inside. Any thread; exact only for the batcher's. */
uint32_t batcher_waiting(const struct batcher *batcher);

/* Any thread. */
const struct batcher_stats *batcher_stats(const struct batcher *batcher);

/* Why frames failed: the latest reason, once; NULL when there is none that was not told yet. The
 * batcher's thread only, for its housekeeping. */
const char *batcher_complaint(struct batcher *batcher);
