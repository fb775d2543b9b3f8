/* A batcher from inside, for the files that make it up. */
#pragma once

#include "accel/batcher.h"

struct jobs_list {
	struct job *first, *last;
};

struct batcher {
	struct jobs_list waiting, done; /* for their place in a batch; to be taken */
	_Atomic uint32_t inside; /* any thread reads it */
	_Atomic bool stuck; /* the same */
	struct berth_stats stats;
	int64_t wait_ns; /* for a job's home */
	int64_t none_since; /* gw_now() since when no device is well; 0: one is */
	struct gw_trace *trace; /* NULL: none */
	uint32_t lane;
	uint16_t model_index;
	uint32_t count; /* of devices */
	struct berth berth[];
};

static inline void jobs_append(struct jobs_list *list, struct job *job)
{
	job->next = NULL;
	if (list->first)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
}

static inline void jobs_prepend(struct jobs_list *list, struct job *job)
{
	job->next = list->first;
	if (!list->first)
		list->last = job;
	list->first = job;
}

static inline struct job *jobs_take(struct jobs_list *list)
{
	struct job *job = list->first;

	if (job)
		list->first = job->next;
	return job;
}

/* The job is done, well or not. */
static inline void batcher_end_job(struct batcher *batcher, struct job *job)
{
	job_drop_surface(job);
	jobs_append(&batcher->done, job);
}

/* It was given up before a model has looked. */
void batcher_give_up(struct batcher *batcher, struct job *job);
