/* A model's engine on one device, and the ring of batches before it: while one runs, the next is
 * filled. One thread uses a berth. Its pictures are prepared by others once their batch is closed:
 * by helpers while batches before it run, and by the engine's thread, which does what is left when
 * the batch is next. Results are made where the batch has ended, on the engine's thread, too.
 *
 * Where there are several devices, or a canary is tried, a berth's jobs keep their surfaces until
 * they are done, so that they can be taken away from a device that fails, or does not come back.
 */
#pragma once

#include "accel/crew.h"
#include "accel/device_health.h"
#include "accel/heads/head.h"
#include "accel/helpers.h"
#include "accel/infer.h"
#include "accel/input/geometry_cache.h"
#include "accel/job.h"
#include "accel/pictures.h"
#include "core/counter.h"
#include "core/latency.h"
#include "core/trace.h"

/* One runs, one waits for it to end, one is being filled. */
#define BATCHES 3

/* Written by the berths' thread, read by any. */
struct berth_stats {
	struct gw_counter batches;
	struct gw_counter jobs; /* ... in them */
	struct gw_counter failed; /* jobs that could not be inferred */
	struct gw_counter again; /* jobs that were taken from a batch, and wait for another one */
	struct gw_histogram run_us; /* from the start of a batch to its end */
};

struct berth_options {
	const struct infer_ops *engine;
	struct gw_device *device; /* that it runs on; of several, the first */
	uint32_t device_count; /* 0 stands for one */
	const struct model *model; /* outlives the berth */
	uint16_t model_index; /* in gw->models, for a timeline */
	const struct gw_accel_config *config;
	struct gw_bell *bell; /* rung for every batch that has ended; NULL: none */
	struct gw_trace *trace; /* NULL: none */
	uint32_t lane; /* of the trace */
};

struct berth {
	const struct infer_ops *ops;
	struct gw_device *device;
	void *engine;
	const struct model *model;
	const struct head *head;
	void *room; /* of the head, which reads on the engine's thread */
	struct infer_spec spec;
	struct infer_batch batches[BATCHES];
	struct crew crews[BATCHES];
	struct pictures pictures[BATCHES];
	struct geometry_cache geometries[1 + GW_HELPERS]; /* of each thread that prepares */
	struct helpers *helpers; /* NULL: none */
	_Atomic uint64_t published; /* batches whose pictures may be claimed; helpers read it */

	/* Numbers of batches: finished <= submitted, and the open one is the next. */
	uint64_t submitted; /* handed to the engine */
	uint64_t finished; /* ... and come back */
	uint32_t open_count;
	int64_t open_arrival; /* of the oldest job in the open batch */

	/* Nanoseconds that a batch of so many runs, smoothed; 0: not measured yet. */
	int64_t run_ns[MODEL_BATCH_MAX + 1];
	int64_t picture_ns; /* that a picture takes, whatever the batch; 0: not measured yet */
	int64_t expected_ns[BATCHES]; /* that a batch which is out was expected to run */
	bool guessed[BATCHES]; /* ... when nothing had run yet */

	bool keep; /* jobs keep their surfaces until they are done */
	int64_t since; /* gw_now() from which the oldest batch that is out should have run */
	_Atomic uint32_t lost; /* batches that are out, and whose jobs were taken away; any thread
				  reads it */
	struct device_health health;

	char failure[sizeof(((struct infer_batch *)0)->error)]; /* why the device rests */
	bool failure_untold;
	const char *complaint; /* why jobs failed: the latest reason; NULL: none */
	char complaint_text[sizeof(((struct infer_batch *)0)->error)];
	struct berth_stats *stats;
};

/* Opens the engine: slow. `berth` is all zero; what it counts goes into `stats`. 0 or a negative
 * errno with a line; berth_close() must follow in any case. Any thread. */
int berth_open(struct berth *berth, const struct berth_options *options, struct berth_stats *stats,
	struct gw_error *error);

/* Jobs that are inside are abandoned, and the device is not theirs any more. Waits for a batch that
 * runs: as long as one is lost, that may be for ever. */
void berth_close(struct berth *berth);

/* Whether a job finds its place in the open batch. */
bool berth_has_room(const struct berth *berth);

/* Batches that the engine has. */
uint32_t berth_out(const struct berth *berth);

/* Gives the job's picture a place in the open batch, where there is room, and takes its surface
 * unless the berth keeps it. What goes wrong is the job's end, not the batch's: then it has failed,
 * and is the caller's again. */
void berth_place(struct berth *berth, struct job *job);

/* Whether jobs keep their surfaces, from the open batch on. */
void berth_keep(struct berth *berth, bool keep);

/* Whether the open batch must go: it is full, or, when no job `waits` that may still join, the
 * engine has nothing to do, its oldest job would miss its deadline, or `flush`. */
bool berth_must_close(const struct berth *berth, bool waits, int64_t now, bool flush);
void berth_submit(struct berth *berth, int64_t now);

/* Whether it is the time alone that closes the open batch, behind one that runs. */
bool berth_closes_by_time(const struct berth *berth);

/* Takes back a batch that has ended, well or not; NULL: none has. Its jobs are the caller's, who
 * counts those of a batch that counts with berth_count(). What was taken away is only noted. */
const struct crew *berth_poll(struct berth *berth, const struct infer_batch **back, int64_t now);

/* Counts a batch whose jobs are done. */
void berth_count(struct berth *berth, const struct crew *crew, const struct infer_batch *batch);

/* Whether the oldest batch that is out should have come back long ago. */
bool berth_is_late(const struct berth *berth, int64_t now);

/* Takes the jobs of one batch that the engine has, or else of the open one, into `jobs`, which has
 * room for a batch. Returns how many; 0: there are no more. Those of the open one have their
 * surfaces still, or again. */
uint32_t berth_take_out(struct berth *berth, struct job **jobs);
uint32_t berth_take_open(struct berth *berth, struct job **jobs);

/* What is known of the time until all that the berth's device has been given is done. */
int64_t berth_load_ns(const struct berth *berth);
