#include "accel/failover.h"

#include <stdio.h>
#include <string.h>

#include "accel/batcher_own.h"

/* Jobs that a device did not do wait again, before those that came later, unless no device is left
 * that has not tried. */
static void put_back(
	struct batcher *batcher, struct job *const *jobs, uint32_t count, uint32_t failed_on)
{
	const uint32_t all = (1u << batcher->count) - 1;

	for (uint32_t i = count; i-- > 0;) {
		struct job *job = jobs[i];

		job->failed_on |= (uint16_t)failed_on;
		job->drop = GW_DROP_NONE;
		if (job->failed_on == all)
			batcher_give_up(batcher, job);
		else
			jobs_prepend(&batcher->waiting, job);
	}
}

/* The device has failed: for a while, the others do its work. */
static void rest(struct batcher *batcher, struct berth *berth, const char *why, int64_t now)
{
	struct job *jobs[MODEL_BATCH_MAX];

	snprintf(berth->failure, sizeof(berth->failure), "%s", why);
	berth->failure_untold = true;
	if (berth->health.failures == 0)
		atomic_fetch_add_explicit(&berth->device->failing, 1, memory_order_relaxed);
	device_health_failed(&berth->health, now);
	atomic_store_explicit(
		&berth->device->retry_at, berth->health.retry_at, memory_order_relaxed);
	put_back(batcher, jobs, berth_take_open(berth, jobs), 0);
}

static void be_well(struct berth *berth)
{
	if (berth->health.failures > 0)
		atomic_fetch_sub_explicit(&berth->device->failing, 1, memory_order_relaxed);
	device_health_well(&berth->health);
}

/* Whether one of them has failed on another device: then it may be the cause, and not this one. */
static bool is_suspect(const struct crew *crew, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (crew->jobs[i]->failed_on != 0)
			return true;
	return false;
}

static void note_trace(struct batcher *batcher, uint32_t device, const struct crew *crew,
	const struct infer_batch *batch)
{
	const struct gw_trace_batch facts = {
		.number = batcher->berth[device].finished,
		.device = (uint8_t)batcher->berth[device].device->index,
		.model = batcher->model_index,
		.pictures = (uint16_t)batch->count,
		.failed = batch->status != 0,
		.begin = batch->started,
		.end = batch->ended,
	};

	if (!batcher->trace || !gw_trace_is_on(batcher->trace))
		return;
	gw_trace_batch(batcher->trace, batcher->lane, &facts);
	for (uint32_t i = 0; i < batch->count; i++)
		gw_trace_member(batcher->trace, batcher->lane, crew->jobs[i]->frame);
}

/* A batch has come back. */
static void take_back(struct batcher *batcher, uint32_t device, const struct crew *crew,
	const struct infer_batch *batch, int64_t now)
{
	struct berth *berth = &batcher->berth[device];

	note_trace(batcher, device, crew, batch);
	if (batcher->count > 1 && infer_device_failed(batch->status)) {
		/* What was queued behind a batch that failed tells nothing new. A device that is
		 * being tried has failed before: whatever it was, it is not well. */
		if (berth->health.probing ||
			(berth->health.failures == 0 && !is_suspect(crew, batch->count)))
			rest(batcher, berth, batch->error, now);
		put_back(batcher, crew->jobs, batch->count, 1u << device);
		return;
	}
	be_well(berth);
	berth_count(berth, crew, batch);
	for (uint32_t i = 0; i < batch->count; i++)
		batcher_end_job(batcher, crew->jobs[i]);
}

/* Nothing comes back from the device any more. What it has is the others'; should it come back all
 * the same, it is tried again. */
static void lose(struct batcher *batcher, uint32_t device, int64_t now)
{
	struct berth *berth = &batcher->berth[device];
	struct job *jobs[BATCHES][MODEL_BATCH_MAX];
	uint32_t counts[BATCHES], taken = 0;

	while (taken < BATCHES && (counts[taken] = berth_take_out(berth, jobs[taken])) > 0)
		taken++;
	if (taken == 0)
		return;
	rest(batcher, berth, "a batch does not come back", now);
	/* The oldest are to be the first again. */
	while (taken-- > 0)
		put_back(batcher, jobs[taken], counts[taken], 1u << device);
}

uint32_t failover_look(struct batcher *batcher, uint32_t device, int64_t now)
{
	struct berth *berth = &batcher->berth[device];
	const struct infer_batch *batch;
	const struct crew *crew = berth_poll(berth, &batch, now);

	if (crew) {
		const uint32_t count = batch->count;

		take_back(batcher, device, crew, batch, now);
		return count;
	}
	if (batcher->count > 1 && berth_is_late(berth, now))
		lose(batcher, device, now);
	/* Still away: it is asked again later. */
	if (batcher->count > 1 && berth->lost > 0 && now >= berth->health.retry_at)
		rest(batcher, berth, "a batch has not come back", now);
	if (batcher->stuck && batcher_lost(batcher) == 0)
		batcher->stuck = false;
	return 0;
}

/* Of a job that is no canary's. With one device there is no next: what it has not done waits for it
 * to come back, as the jobs behind do. */
static void let_job_wait(struct batcher *batcher, struct job *job, uint32_t failed_on)
{
	if (failed_on == 0 || batcher->count > 1 || !job->surface) {
		put_back(batcher, &job, 1, failed_on);
		return;
	}
	gw_counter_add(&batcher->stats.again, 1);
	jobs_prepend(&batcher->waiting, job);
}

/* From the last to the first: those that are put back are to be in their order. */
static void let_jobs_go(
	struct batcher *batcher, struct job *const *jobs, uint32_t count, uint32_t failed_on)
{
	for (uint32_t i = count; i-- > 0;) {
		if (jobs[i]->tried)
			batcher_give_up(batcher, jobs[i]);
		else
			let_job_wait(batcher, jobs[i], failed_on);
	}
}

static void let_waiting_go(struct batcher *batcher)
{
	struct jobs_list kept = {0};
	struct job *job;

	while ((job = jobs_take(&batcher->waiting)) != NULL) {
		if (job->tried)
			batcher_give_up(batcher, job);
		else
			jobs_append(&kept, job);
	}
	batcher->waiting = kept;
}

static void let_berth_go(struct batcher *batcher, uint32_t device)
{
	struct berth *berth = &batcher->berth[device];
	struct job *jobs[BATCHES][MODEL_BATCH_MAX];
	uint32_t counts[BATCHES], taken = 0;
	const uint32_t open = berth_take_open(berth, jobs[0]);

	let_jobs_go(batcher, jobs[0], open, 0);
	while (taken < BATCHES && (counts[taken] = berth_take_out(berth, jobs[taken])) > 0)
		taken++;
	/* The oldest are to be the first again. */
	while (taken-- > 0)
		let_jobs_go(batcher, jobs[taken], counts[taken], 1u << device);
}

void batcher_let_go(struct batcher *batcher)
{
	let_waiting_go(batcher);
	for (uint32_t i = 0; i < batcher->count; i++)
		let_berth_go(batcher, i);
	batcher->stuck = batcher_lost(batcher) > 0;
}
