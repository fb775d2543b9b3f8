#include <errno.h>
#include <stdlib.h>

#include "accel/batcher_own.h"
#include "accel/failover.h"
#include "accel/scheduler.h"
#include "core/clock.h"
#include "core/config/config.h"

/* Jobs that are looked at in one turn: the other models must have theirs. */
#define JOBS_PER_TURN 64

/* Jobs wait that long while no device is well. */
#define NONE_NS (2 * GW_NS_PER_S)

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

void batcher_add(struct batcher *batcher, struct job *job)
{
	jobs_append(&batcher->waiting, job);
	atomic_fetch_add_explicit(&batcher->inside, 1, memory_order_relaxed);
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
			.well = batcher->count == 1 ? !batcher->stuck : may_have(berth, now),
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

	for (uint32_t i = 0; i < batcher->count; i++)
		if (i != (uint32_t)device && seen[i].well && seen[i].load_ns == 0)
			batcher->berth[i].picture_ns = scheduler_fade(batcher->berth[i].picture_ns);
	berth_place(berth, job);
	if (job->drop != GW_DROP_NONE)
		batcher_end_job(batcher, job);
	seen[device].room = berth_has_room(berth);
	seen[device].load_ns = berth_load_ns(berth);
}

void batcher_give_up(struct batcher *batcher, struct job *job)
{
	job->drop = GW_DROP_INFER_FAILED;
	gw_counter_add(&batcher->stats.failed, 1);
	batcher_end_job(batcher, job);
}

/* Whether a job waits for devices that will not have it soon: none is well, or those that are have
 * failed with it. One that has no room now will. */
static bool is_hopeless(const struct batcher *batcher, const struct scheduler_device *seen,
	const struct job *job, int64_t now)
{
	for (uint32_t i = 0; i < batcher->count; i++)
		if (seen[i].well && !(job->failed_on & 1u << i))
			return false;
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
	while ((job = jobs_take(&batcher->waiting)) != NULL) {
		const int device = choose(batcher, seen, job, now, flush);

		if (device == SCHEDULER_WAIT && is_hopeless(batcher, seen, job, now)) {
			batcher->berth[0].complaint = "no device is well";
			batcher_give_up(batcher, job);
		} else if (device == SCHEDULER_WAIT) {
			jobs_append(&kept, job);
			/* Without a wait, there is no room for those behind it either. */
			if (batcher->wait_ns == 0 && job->failed_on == 0)
				break;
		} else {
			place(batcher, job, seen, device);
			work++;
		}
		if (++looked == JOBS_PER_TURN) {
			*more = work > 0 && batcher->waiting.first;
			break;
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
		work += failover_look(batcher, i, now);
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
	struct job *job = jobs_take(&batcher->done);

	if (job)
		atomic_fetch_sub_explicit(&batcher->inside, 1, memory_order_relaxed);
	return job;
}

void batcher_keep(struct batcher *batcher, bool keep)
{
	for (uint32_t i = 0; i < batcher->count; i++)
		berth_keep(&batcher->berth[i], keep || batcher->count > 1);
}

bool batcher_is_stuck(const struct batcher *batcher)
{
	return atomic_load_explicit(&batcher->stuck, memory_order_relaxed);
}

uint32_t batcher_lost(const struct batcher *batcher)
{
	uint32_t lost = 0;

	for (uint32_t i = 0; i < batcher->count; i++)
		lost += atomic_load_explicit(&batcher->berth[i].lost, memory_order_acquire);
	return lost;
}

bool batcher_waits(const struct batcher *batcher)
{
	if (batcher->waiting.first)
		return true;
	for (uint32_t i = 0; i < batcher->count; i++)
		if (berth_closes_by_time(&batcher->berth[i]))
			return true;
	return false;
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
