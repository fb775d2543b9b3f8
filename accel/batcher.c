#include "accel/batcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/scheduler.h"
#include "core/clock.h"
#include "core/config/config.h"

/* Pictures preprocessed in one turn: the other models must have theirs. */
#define PICTURES_PER_TURN 4

/* Jobs that are looked at in one turn, where the first ones wait for their home. */
#define JOBS_PER_TURN 64

/* Jobs wait that long while no device is well. */
#define NONE_NS (2 * GW_NS_PER_S)

struct jobs_list {
	struct job *first, *last;
};

struct batcher {
	struct jobs_list waiting, done; /* for their place in a batch; to be taken */
	_Atomic uint32_t inside; /* any thread reads it */
	struct berth_stats stats;
	int64_t wait_ns; /* for a job's home */
	int64_t none_since; /* gw_now() since when no device is well; 0: one is */
	struct gw_trace *trace; /* NULL: none */
	uint32_t lane;
	uint16_t model_index;
	uint32_t count; /* of devices */
	struct berth berth[];
};

struct batcher *batcher_open(const struct berth_options *options, struct gw_error *error)
{
	const uint32_t count = options->device_count > 1 ? options->device_count : 1;
	struct batcher *batcher = calloc(1, sizeof(*batcher) + count * sizeof(batcher->berth[0]));
	int status = 0;

	if (!batcher) {
		gw_error_set(error, -ENOMEM, "model %s: out of memory", options->model->name);
		return NULL;
	}
	batcher->wait_ns = options->config->locality_wait * GW_NS_PER_MS;
	batcher->trace = options->trace;
	batcher->lane = options->lane;
	batcher->model_index = options->model_index;
	for (uint32_t i = 0; i < count && status == 0; i++) {
		struct berth_options one = *options;

		one.device = &options->device[i];
		batcher->count = i + 1;
		status = berth_open(&batcher->berth[i], &one, &batcher->stats, error);
	}
	if (status == 0)
		return batcher;
	batcher_close(batcher);
	return NULL;
}

uint32_t batcher_max(const struct batcher *batcher)
{
	return batcher->berth[0].spec.max_batch;
}

void batcher_close(struct batcher *batcher)
{
	if (!batcher)
		return;
	for (uint32_t i = 0; i < batcher->count; i++)
		berth_close(&batcher->berth[i]);
	free(batcher);
}

static void append(struct jobs_list *list, struct job *job)
{
	job->next = NULL;
	if (list->first)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
}

static void prepend(struct jobs_list *list, struct job *job)
{
	job->next = list->first;
	if (!list->first)
		list->last = job;
	list->first = job;
}

static struct job *take_first(struct jobs_list *list)
{
	struct job *job = list->first;

	if (job)
		list->first = job->next;
	return job;
}

void batcher_add(struct batcher *batcher, struct job *job)
{
	append(&batcher->waiting, job);
	atomic_fetch_add_explicit(&batcher->inside, 1, memory_order_relaxed);
}

static void end_job(struct batcher *batcher, struct job *job)
{
	job_drop_surface(job);
	append(&batcher->done, job);
}

static void give_up(struct batcher *batcher, struct job *job)
{
	job->drop = GW_DROP_INFER_FAILED;
	gw_counter_add(&batcher->stats.failed, 1);
	end_job(batcher, job);
}

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
			give_up(batcher, job);
		else
			prepend(&batcher->waiting, job);
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
		/* What was queued behind a batch that failed tells nothing new. */
		if (!is_suspect(crew, batch->count) &&
			(berth->health.failures == 0 || berth->health.probing))
			rest(batcher, berth, batch->error, now);
		put_back(batcher, crew->jobs, batch->count, 1u << device);
		return;
	}
	be_well(berth);
	berth_count(berth, crew, batch);
	for (uint32_t i = 0; i < batch->count; i++)
		end_job(batcher, crew->jobs[i]);
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

static uint32_t look_at(struct batcher *batcher, uint32_t device, int64_t now)
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
	if (berth->lost > 0 && now >= berth->health.retry_at)
		rest(batcher, berth, "a batch has not come back", now);
	return 0;
}

static bool may_have(const struct berth *berth, int64_t now)
{
	return berth->lost == 0 && device_health_may_have(&berth->health, now);
}

/* How the devices stand. */
static void look_around(struct batcher *batcher, struct scheduler_device *seen, int64_t now)
{
	bool none = true;

	for (uint32_t i = 0; i < batcher->count; i++) {
		const struct berth *berth = &batcher->berth[i];

		seen[i] = (struct scheduler_device){
			.load_ns = berth_load_ns(berth),
			.picture_ns = berth->picture_ns,
			.room = berth_has_room(berth),
			.well = batcher->count == 1 || may_have(berth, now),
		};
		/* One that is being tried may turn out well. */
		none = none && !seen[i].well && !berth->health.probing;
	}
	if (!none)
		batcher->none_since = 0;
	else if (batcher->none_since == 0)
		batcher->none_since = now;
}

static int choose(const struct batcher *batcher, const struct scheduler_device *seen,
	const struct job *job, int64_t now, bool flush)
{
	const struct scheduler_work work = {
		.home = gw_device_home(job->frame->camera, batcher->count),
		.pictures = 1,
		.age_ns = now - job->arrival,
	};
	struct scheduler_device fit[GW_DEVICES];

	for (uint32_t i = 0; i < batcher->count; i++) {
		fit[i] = seen[i];
		fit[i].well = seen[i].well && !(job->failed_on & 1u << i);
	}
	return scheduler_choose(fit, batcher->count, &work, flush ? 0 : batcher->wait_ns);
}

static void place(
	struct batcher *batcher, struct job *job, struct scheduler_device *seen, int device)
{
	struct berth *berth = &batcher->berth[device];

	berth_place(berth, job);
	if (job->drop != GW_DROP_NONE)
		end_job(batcher, job);
	seen[device].room = berth_has_room(berth);
	seen[device].load_ns = berth_load_ns(berth);
}

/* Whether a job waits for devices that will not have it soon: none is well, or those that are have
 * failed with it. */
static bool is_hopeless(const struct batcher *batcher, const struct job *job, int64_t now)
{
	if (batcher->none_since > 0)
		return now - batcher->none_since >= NONE_NS;
	return job->failed_on != 0 && now - job->arrival >= NONE_NS;
}

/* Gives waiting jobs their place, while there is a batch to fill. Returns how many; `more` says
 * whether others could have had one. */
static uint32_t fill(struct batcher *batcher, int64_t now, bool flush, bool *more)
{
	struct scheduler_device seen[GW_DEVICES];
	struct jobs_list kept = {0};
	uint32_t work = 0, looked = 0;
	struct job *job;

	*more = false;
	if (!batcher->waiting.first)
		return 0;
	look_around(batcher, seen, now);
	while (looked++ < JOBS_PER_TURN && (job = take_first(&batcher->waiting)) != NULL) {
		const int device = choose(batcher, seen, job, now, flush);

		if (device == SCHEDULER_WAIT && is_hopeless(batcher, job, now)) {
			batcher->berth[0].complaint = "no device is well";
			give_up(batcher, job);
		} else if (device == SCHEDULER_WAIT) {
			append(&kept, job);
			/* Without a wait, there is no room for those behind it either. */
			if (batcher->wait_ns == 0 && job->failed_on == 0)
				break;
		} else if (work == PICTURES_PER_TURN) {
			append(&kept, job);
			*more = true;
			break;
		} else {
			place(batcher, job, seen, device);
			work++;
		}
	}
	if (kept.first) {
		kept.last->next = batcher->waiting.first;
		if (!batcher->waiting.first)
			batcher->waiting.last = kept.last;
		batcher->waiting.first = kept.first;
	}
	return work;
}

uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush)
{
	uint32_t work = 0;
	bool more;

	for (uint32_t i = 0; i < batcher->count; i++)
		work += look_at(batcher, i, now);
	work += fill(batcher, now, flush, &more);
	for (uint32_t i = 0; i < batcher->count; i++) {
		if (!berth_must_close(&batcher->berth[i], more, now, flush))
			continue;
		berth_submit(&batcher->berth[i], now);
		work++;
	}
	return work;
}

struct job *batcher_take(struct batcher *batcher)
{
	struct job *job = take_first(&batcher->done);

	if (job)
		atomic_fetch_sub_explicit(&batcher->inside, 1, memory_order_relaxed);
	return job;
}

uint32_t batcher_waiting(const struct batcher *batcher)
{
	return atomic_load_explicit(&batcher->inside, memory_order_relaxed);
}

const struct berth_stats *batcher_stats(const struct batcher *batcher)
{
	return &batcher->stats;
}

const char *batcher_complaint(struct batcher *batcher)
{
	const char *complaint = NULL;

	for (uint32_t i = 0; i < batcher->count && !complaint; i++) {
		complaint = batcher->berth[i].complaint;
		batcher->berth[i].complaint = NULL;
	}
	return complaint;
}

const char *batcher_failure(struct batcher *batcher, const struct gw_device **device)
{
	for (uint32_t i = 0; i < batcher->count; i++) {
		struct berth *berth = &batcher->berth[i];

		if (!berth->failure_untold)
			continue;
		berth->failure_untold = false;
		*device = berth->device;
		return berth->failure;
	}
	return NULL;
}
