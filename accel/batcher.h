/* One model at work: gathers jobs into batches, keeps its engines busy, one on each device, and
 * gives the jobs back with their results.
 *
 * Jobs leave when they are done, whatever came before them. A batch is closed when it is full, when
 * the engine has nothing to do, or when its oldest job would miss its deadline, given the measured
 * run time of such a batch.
 *
 * Of several devices, accel/scheduler.h says which one takes a job. What a device could not run, or
 * does not bring back, goes to the next one; the device rests for a while. With one device, what it
 * cannot run has failed.
 *
 * One thread uses a batcher, except where it is said.
 */
#pragma once

#include "accel/berth.h"
#include "accel/job.h"

struct batcher;

/* Opens the engines: slow. NULL and an error line on failure. Any thread. */
struct batcher *batcher_open(const struct berth_options *options, struct gw_error *error);

/* Pictures in one batch, at most. */
uint32_t batcher_max(const struct batcher *batcher);

/* Jobs that are inside are abandoned. Accepts NULL. */
void batcher_close(struct batcher *batcher);

/* Takes a job with a decoded picture. What it sees must stay as long as it is inside. */
void batcher_add(struct batcher *batcher, struct job *job);

/* One turn: takes back what the engine has finished, gives a few jobs their place, closes what must
 * be closed (`flush`: whatever is there). Returns how much it did. */
uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush);

/* Gives a job that is done: it holds a result, or has failed. NULL: none is. */
struct job *batcher_take(struct batcher *batcher);

/* Takes from the engines the jobs of canaries (`tried`), which then are done and have failed: none
 * waits for an engine that does not answer. Other jobs that were in the same batches go to another
 * device, or wait for the same one, counted as `again`; what has lost its picture since then has
 * failed, too, where there is no other device. Those in no batch stay. Until the engines have given
 * back what was taken the batcher is stuck: with one device what waits fails when that takes two
 * seconds, and so does what comes after that. */
void batcher_let_go(struct batcher *batcher);

/* Whether jobs keep their pictures until they are done, so that they can be taken away; where there
 * are several devices they always do. From the open batch on. */
void batcher_keep(struct batcher *batcher, bool keep);
bool batcher_is_stuck(const struct batcher *batcher); /* any thread */

/* Batches whose jobs were taken away and which have not come back: the batcher could not be closed
 * without a wait for them. Any thread. */
uint32_t batcher_lost(const struct batcher *batcher);

/* Whether jobs wait for what the time alone may bring: a place, or that their batch is closed
 * behind one that runs. The batcher's thread. */
bool batcher_waits(const struct batcher *batcher);

/* Jobs inside. Any thread; exact only for the batcher's. */
uint32_t batcher_waiting(const struct batcher *batcher);

/* Any thread. */
const struct berth_stats *batcher_stats(const struct batcher *batcher);

/* Why jobs failed: the latest reason, once; NULL when there is none that was not told yet. The
 * batcher's thread only, for its housekeeping. */
const char *batcher_complaint(struct batcher *batcher);

/* Why a device was given a rest: the latest reason, once, and which device; NULL when there is none
 * that was not told yet. As above. */
const char *batcher_failure(struct batcher *batcher, const struct gw_device **device);
