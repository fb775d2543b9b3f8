#include "sink/reducer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/bell.h"
#include "core/clock.h"
#include "core/stage.h"
#include "core/thread.h"
#include "sink/record.h"
#include "sink/smaller.h"

#define REST_NS GW_NS_PER_S

enum job_state {
	JOB_FREE,
	JOB_ASKED, /* the thread's */
	JOB_MADE,
	JOB_OUT, /* its picture is on its way */
};

struct job {
	_Atomic int state; /* the lane writes, but for JOB_MADE */
	struct sink_record record;
	char id[RECORD_ID_SIZE], time[WRITER_TIME_SIZE];
	uint32_t room;
	uint8_t *picture;
	bool given_up; /* the lane's */
};

struct reducer {
	struct job jobs[REDUCER_JOBS];
	uint32_t most;
	struct smaller *smaller;
	struct gw_bell asked; /* rung for each picture that came */
	struct gw_bell *made; /* ... and for each that is through: the lane's */
	pthread_t thread;
	bool runs;
	_Atomic bool stop;
};

static void make(struct reducer *reducer, struct job *job)
{
	const struct sink_record *whole = &job->record;
	size_t size;
	const int status = smaller_make(
		reducer->smaller, whole->value, whole->size, job->picture, job->room, &size);

	job->record.value = job->picture;
	job->record.size = status == 0 ? (uint32_t)size : 0;
	atomic_store_explicit(&job->state, JOB_MADE, memory_order_release);
	gw_bell_ring(reducer->made);
}

/* Returns whether there was any. */
static bool make_all(struct reducer *reducer)
{
	bool any = false;

	for (uint32_t i = 0; i < REDUCER_JOBS; i++) {
		struct job *job = &reducer->jobs[i];

		if (atomic_load_explicit(&job->state, memory_order_acquire) != JOB_ASKED)
			continue;
		make(reducer, job);
		any = true;
	}
	return any;
}

static void *run(void *arg)
{
	struct reducer *reducer = arg;

	while (!atomic_load_explicit(&reducer->stop, memory_order_relaxed)) {
		const uint32_t heard = gw_bell_listen(&reducer->asked);

		if (!make_all(reducer) && !atomic_load(&reducer->stop))
			(void)gw_bell_wait(&reducer->asked, heard, REST_NS);
		gw_bell_leave(&reducer->asked);
	}
	return NULL;
}

/* Memory that is touched by use only. */
static uint8_t *reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct reducer *reducer_open(struct gw_lane *lane, uint32_t most)
{
	struct reducer *reducer = aligned_alloc(_Alignof(struct reducer), sizeof(*reducer));
	char name[16];
	int status = 0;

	if (!reducer)
		return NULL;
	memset(reducer, 0, sizeof(*reducer));
	reducer->most = most;
	reducer->made = &lane->bell;
	reducer->smaller = smaller_create();
	if (!reducer->smaller)
		status = -ENOMEM;
	for (uint32_t i = 0; i < REDUCER_JOBS && status == 0; i++) {
		reducer->jobs[i].picture = reserve(most);
		status = reducer->jobs[i].picture ? 0 : -ENOMEM;
	}
	snprintf(name, sizeof(name), "reduce-%u", lane->index);
	if (status == 0)
		status = gw_thread_start(&reducer->thread, name, -1, run, reducer);
	if (status != 0) {
		reducer_close(reducer);
		errno = -status;
		return NULL;
	}
	reducer->runs = true;
	return reducer;
}

void reducer_close(struct reducer *reducer)
{
	if (!reducer)
		return;
	atomic_store_explicit(&reducer->stop, true, memory_order_relaxed);
	gw_bell_ring(&reducer->asked);
	if (reducer->runs)
		pthread_join(reducer->thread, NULL);
	for (uint32_t i = 0; i < REDUCER_JOBS; i++)
		if (reducer->jobs[i].picture)
			munmap(reducer->jobs[i].picture, reducer->most);
	smaller_destroy(reducer->smaller);
	free(reducer);
}

static struct job *job_in(struct reducer *reducer, enum job_state state)
{
	for (uint32_t i = 0; i < REDUCER_JOBS; i++)
		if (atomic_load_explicit(&reducer->jobs[i].state, memory_order_acquire) ==
			(int)state)
			return &reducer->jobs[i];
	return NULL;
}

bool reducer_take(struct reducer *reducer, const struct sink_record *record, uint32_t room)
{
	struct job *job = job_in(reducer, JOB_FREE);

	if (!job)
		return false;
	job->record = *record;
	snprintf(job->id, sizeof(job->id), "%s", record->id);
	snprintf(job->time, sizeof(job->time), "%s", record->time);
	job->record.id = job->id;
	job->record.time = job->time;
	job->record.reduced = true;
	/* The client takes a copy of it. */
	job->record.copied = true;
	job->room = room < reducer->most ? room : reducer->most;
	job->given_up = false;
	atomic_store_explicit(&job->state, JOB_ASKED, memory_order_release);
	gw_bell_ring(&reducer->asked);
	return true;
}

const struct sink_record *reducer_next(struct reducer *reducer, const struct sink_record *after)
{
	bool passed = after == NULL;

	for (uint32_t i = 0; i < REDUCER_JOBS; i++) {
		struct job *job = &reducer->jobs[i];

		if (!passed) {
			passed = &job->record == after;
			continue;
		}
		if (atomic_load_explicit(&job->state, memory_order_acquire) != JOB_MADE)
			continue;
		if (job->given_up)
			job->record.size = 0;
		return &job->record;
	}
	return NULL;
}

void reducer_give_up(struct reducer *reducer, const struct gw_frame *frame)
{
	for (uint32_t i = 0; i < REDUCER_JOBS; i++) {
		struct job *job = &reducer->jobs[i];
		const int state = atomic_load_explicit(&job->state, memory_order_acquire);

		if ((state == JOB_ASKED || state == JOB_MADE) && job->record.frame == frame &&
			job->record.finding == GW_NO_FINDING)
			job->given_up = true;
	}
}

static void move(struct reducer *reducer, const struct sink_record *record, enum job_state state)
{
	for (uint32_t i = 0; i < REDUCER_JOBS; i++)
		if (&reducer->jobs[i].record == record)
			atomic_store_explicit(&reducer->jobs[i].state, state, memory_order_relaxed);
}

void reducer_send(struct reducer *reducer, const struct sink_record *record)
{
	move(reducer, record, JOB_OUT);
}

void reducer_keep(struct reducer *reducer, const struct sink_record *record)
{
	move(reducer, record, JOB_MADE);
}

void reducer_drop(struct reducer *reducer, const struct sink_record *record)
{
	move(reducer, record, JOB_FREE);
}

void reducer_let_go(struct reducer *reducer, const struct gw_frame *frame)
{
	for (uint32_t i = 0; reducer && i < REDUCER_JOBS; i++) {
		struct job *job = &reducer->jobs[i];

		if (atomic_load_explicit(&job->state, memory_order_relaxed) == JOB_OUT &&
			job->record.frame == frame)
			atomic_store_explicit(&job->state, JOB_FREE, memory_order_relaxed);
	}
}
