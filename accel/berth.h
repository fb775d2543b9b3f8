/* A model's engine on one device, and the ring of batches before it: while one runs, the next is
 * filled. One thread uses a berth; results are made where the batch has ended, on the engine's.
 */
#pragma once

#include "accel/crew.h"
#include "accel/geometry_cache.h"
#include "accel/heads/head.h"
#include "accel/infer.h"
#include "accel/job.h"
#include "core/counter.h"
#include "core/latency.h"

/* One runs, one waits for it to end, one is being filled. */
#define BATCHES 3

/* Written by the berth's thread, read by any. */
struct berth_stats {
	struct gw_counter batches;
	struct gw_counter jobs; /* ... in them */
	struct gw_counter failed; /* jobs that could not be inferred */
	struct gw_histogram run_us; /* from the start of a batch to its end */
};

struct berth_options {
	const struct infer_ops *engine;
	struct gw_device *device; /* that it runs on */
	const struct model *model; /* outlives the berth */
	const struct gw_accel_config *config;
};

struct berth {
	const struct infer_ops *ops;
	struct gw_device *device;
	void *engine;
	const struct model *model;
	const struct head *head;
	struct infer_spec spec;
	struct infer_batch batches[BATCHES];
	struct crew crews[BATCHES];
	struct geometry_cache geometries;

	/* Numbers of batches: finished <= submitted, and the open one is the next. */
	uint64_t submitted; /* handed to the engine */
	uint64_t finished; /* ... and come back */
	uint32_t open_count;
	int64_t open_arrival; /* of the oldest job in the open batch */

	/* Nanoseconds that a batch of so many runs, smoothed; 0: not measured yet. */
	int64_t run_ns[MODEL_BATCH_MAX + 1];

	const char *complaint; /* why jobs failed: the latest reason; NULL: none */
	char complaint_text[sizeof(((struct infer_batch *)0)->error)];
	struct berth_stats stats;
};

/* Opens the engine: slow. `berth` is all zero. 0 or a negative errno with a line; berth_close()
 * must follow in any case. Any thread. */
int berth_open(struct berth *berth, const struct berth_options *options, struct gw_error *error);

/* Jobs that are inside are abandoned. */
void berth_close(struct berth *berth);

/* Whether a job finds its place in the open batch. */
bool berth_has_room(const struct berth *berth);

/* Batches that the engine has. */
uint32_t berth_out(const struct berth *berth);

/* Puts the job's picture into the open batch, where there is room, and gives its surface back. What
 * goes wrong is the job's end, not the batch's: then it has failed, and is the caller's again. */
void berth_place(struct berth *berth, struct job *job);

/* Whether the open batch must go: it is full, or, when no job `waits` that may still join, the
 * engine has nothing to do, its oldest job would miss its deadline, or `flush`. */
bool berth_must_close(const struct berth *berth, bool waits, int64_t now, bool flush);
void berth_submit(struct berth *berth);

/* Takes back a batch that has ended; NULL: none has. Its jobs are done. */
const struct crew *berth_poll(struct berth *berth, uint32_t *count);
