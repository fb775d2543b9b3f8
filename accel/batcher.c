#include "accel/batcher.h"

#include <errno.h>
#include <stdlib.h>

/* Pictures preprocessed in one turn: the other models must have theirs. */
#define PICTURES_PER_TURN 4

struct jobs_list {
	struct job *first, *last;
};

struct batcher {
	struct berth berth;
	struct jobs_list waiting, done; /* for their place in a batch; to be taken */
	_Atomic uint32_t inside; /* any thread reads it */
};

struct batcher *batcher_open(const struct berth_options *options, struct gw_error *error)
{
	struct batcher *batcher = calloc(1, sizeof(*batcher));

	if (!batcher) {
		gw_error_set(error, -ENOMEM, "model %s: out of memory", options->model->name);
		return NULL;
	}
	if (berth_open(&batcher->berth, options, error) == 0)
		return batcher;
	batcher_close(batcher);
	return NULL;
}

uint32_t batcher_max(const struct batcher *batcher)
{
	return batcher->berth.spec.max_batch;
}

void batcher_close(struct batcher *batcher)
{
	if (!batcher)
		return;
	berth_close(&batcher->berth);
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

/* Gives waiting jobs their place, while there is a batch to fill. Returns how many. */
static uint32_t fill(struct batcher *batcher)
{
	uint32_t work = 0;

	while (batcher->waiting.first && berth_has_room(&batcher->berth) &&
		work < PICTURES_PER_TURN) {
		struct job *job = take_first(&batcher->waiting);

		berth_place(&batcher->berth, job);
		if (job->drop != GW_DROP_NONE)
			append(&batcher->done, job);
		work++;
	}
	return work;
}

uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush)
{
	struct berth *berth = &batcher->berth;
	uint32_t work = 0, count;
	const struct crew *crew = berth_poll(berth, &count);

	if (crew) {
		for (uint32_t i = 0; i < count; i++)
			append(&batcher->done, crew->jobs[i]);
		work += count;
	}
	work += fill(batcher);
	if (berth_must_close(berth, batcher->waiting.first != NULL, now, flush)) {
		berth_submit(berth);
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
	return &batcher->berth.stats;
}

const char *batcher_complaint(struct batcher *batcher)
{
	const char *complaint = batcher->berth.complaint;

	batcher->berth.complaint = NULL;
	return complaint;
}
