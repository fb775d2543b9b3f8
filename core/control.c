#include "core/control.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/thread.h"

/* A lane that has not turned for so long stands still. */
#define PATIENCE_NS (2 * GW_NS_PER_S)
#define UPKEEP_NS (100 * GW_NS_PER_MS)

/* Whoever takes it out of lane->ask has it: the lane to run it, or the asker to give up. */
struct gw_ask {
	void (*fn)(struct gw_lane *, void *);
	void *arg;
	_Atomic bool done;
};

bool gw_lane_answer(struct gw_lane *lane)
{
	struct gw_ask *ask;

	/* The exchange locks the bus: not for every turn. */
	if (!atomic_load_explicit(&lane->ask, memory_order_relaxed))
		return false;
	ask = atomic_exchange_explicit(&lane->ask, NULL, memory_order_acquire);
	if (!ask)
		return false;
	ask->fn(lane, ask->arg);
	/* Right after this the asker may be gone, and `ask` with it. */
	atomic_store_explicit(&ask->done, true, memory_order_release);
	return true;
}

static bool turns(const struct gw_lane *lane)
{
	return atomic_load_explicit(&lane->running, memory_order_acquire) &&
		!atomic_load_explicit(&lane->ended, memory_order_acquire);
}

/* False when it was given up: then it was not run. */
static bool wait_for(struct gw_lane *lane, struct gw_ask *ask, int64_t deadline)
{
	static const struct timespec pause = {.tv_nsec = 20000};

	while (!atomic_load_explicit(&ask->done, memory_order_acquire)) {
		const bool late = gw_now() >= deadline;

		if (late || !turns(lane)) {
			/* It ended, or stands still: unless it has begun it never will. */
			struct gw_ask *mine = ask;

			if (atomic_compare_exchange_strong(&lane->ask, &mine, NULL)) {
				if (late)
					return false;
				ask->fn(lane, ask->arg);
				return true;
			}
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

uint32_t gw_ask_all(struct gw_lane **lanes, uint32_t count,
	void (*fn)(struct gw_lane *lane, void *arg), void *arg)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;
	struct gw_ask asks[GW_ASK_MOST];
	uint32_t silent = 0;

	for (uint32_t i = 0; i < count; i++) {
		asks[i] = (struct gw_ask){.fn = fn, .arg = arg};
		if (turns(lanes[i])) {
			atomic_store_explicit(&lanes[i]->ask, &asks[i], memory_order_release);
			gw_bell_ring(&lanes[i]->bell);
		} else {
			fn(lanes[i], arg);
			asks[i].done = true;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		if (!wait_for(lanes[i], &asks[i], deadline))
			lanes[silent++] = lanes[i];
	return silent;
}

bool gw_ask(struct gw_lane *lane, void (*fn)(struct gw_lane *, void *), void *arg)
{
	return gw_ask_all(&lane, 1, fn, arg) == 0;
}

struct call {
	const char *what;
	int (*fn)(struct gw *, void *, struct gw_error *);
	void *arg;
	struct gw_error *error;
	int status;
	bool done;
};

struct gw_control {
	struct gw *gw;
	pthread_t thread;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t wake, done;
	struct call *call; /* the one that is made, or that waits to be */
	void (*posted)(struct gw *);
	bool stop, ended;
	void (*upkeep)(struct gw *, int64_t);
};

static void make_call(struct gw_control *control)
{
	struct call *call = control->call;

	pthread_mutex_unlock(&control->lock);
	call->status = call->fn(control->gw, call->arg, call->error);
	pthread_mutex_lock(&control->lock);
	call->done = true;
	control->call = NULL;
	pthread_cond_broadcast(&control->done);
}

static void make_posted(struct gw_control *control)
{
	void (*posted)(struct gw *) = control->posted;

	control->posted = NULL;
	pthread_mutex_unlock(&control->lock);
	posted(control->gw);
	pthread_mutex_lock(&control->lock);
}

static void *control_thread(void *arg)
{
	struct gw_control *control = arg;
	int64_t next_upkeep = 0;

	pthread_mutex_lock(&control->lock);
	while (!control->stop) {
		const struct timespec until = {
			next_upkeep / GW_NS_PER_S, next_upkeep % GW_NS_PER_S};

		if (control->call) {
			make_call(control);
		} else if (control->posted) {
			make_posted(control);
		} else if (gw_now() >= next_upkeep) {
			pthread_mutex_unlock(&control->lock);
			control->upkeep(control->gw, gw_now());
			next_upkeep = gw_now() + UPKEEP_NS;
			pthread_mutex_lock(&control->lock);
		} else {
			pthread_cond_timedwait(&control->wake, &control->lock, &until);
		}
	}
	control->ended = true;
	pthread_cond_broadcast(&control->done);
	pthread_mutex_unlock(&control->lock);
	return NULL;
}

int gw_control_start(struct gw *gw, void (*upkeep)(struct gw *, int64_t), struct gw_error *error)
{
	struct gw_control *control = calloc(1, sizeof(*control));
	pthread_condattr_t monotonic;

	if (!control)
		return gw_error_set(error, -ENOMEM, "control: out of memory");
	control->gw = gw;
	control->upkeep = upkeep;
	pthread_mutex_init(&control->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&control->wake, &monotonic);
	pthread_cond_init(&control->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	const int status =
		gw_thread_start(&control->thread, "control", -1, control_thread, control);

	if (status != 0) {
		free(control);
		return gw_error_set(error, status, "control: no thread");
	}
	atomic_store_explicit(&gw->control, control, memory_order_release);
	return 0;
}

bool gw_control_stop(struct gw *gw, int64_t deadline)
{
	struct gw_control *control = atomic_load_explicit(&gw->control, memory_order_acquire);

	if (!control)
		return true;
	pthread_mutex_lock(&control->lock);
	control->stop = true;
	pthread_cond_broadcast(&control->wake);
	pthread_cond_broadcast(&control->done);
	pthread_mutex_unlock(&control->lock);
	/* Its memory stays: whoever waits for an answer still looks at it. gw_control_free(). */
	return gw_thread_join(control->thread, deadline);
}

void gw_control_free(struct gw *gw)
{
	struct gw_control *control = atomic_load_explicit(&gw->control, memory_order_acquire);

	if (!control)
		return;
	atomic_store_explicit(&gw->control, NULL, memory_order_release);
	pthread_cond_destroy(&control->wake);
	pthread_cond_destroy(&control->done);
	pthread_mutex_destroy(&control->lock);
	free(control);
}

static int stopping(struct gw_error *error)
{
	return gw_error_set(error, -ESHUTDOWN, "the gateway is stopping: nothing was changed");
}

int gw_control_call(struct gw *gw, const char *what,
	int (*fn)(struct gw *, void *, struct gw_error *), void *arg, struct gw_error *error)
{
	struct gw_control *control = atomic_load_explicit(&gw->control, memory_order_acquire);
	struct call call = {.what = what, .fn = fn, .arg = arg, .error = error};
	int status = 0;

	if (!control)
		return fn(gw, arg, error);
	pthread_mutex_lock(&control->lock);
	if (control->stop)
		status = stopping(error);
	else if (control->call)
		status = gw_error_set(error, -EBUSY,
			"another change is being made (%s): try again when it is done",
			control->call->what);
	if (status == 0) {
		control->call = &call;
		pthread_cond_signal(&control->wake);
		while (!call.done && !control->ended)
			pthread_cond_wait(&control->done, &control->lock);
		if (call.done) {
			status = call.status;
		} else {
			control->call = NULL;
			status = stopping(error);
		}
	}
	pthread_mutex_unlock(&control->lock);
	return status;
}

void gw_control_post(struct gw *gw, void (*fn)(struct gw *))
{
	struct gw_control *control = atomic_load_explicit(&gw->control, memory_order_acquire);

	if (!control)
		return;
	pthread_mutex_lock(&control->lock);
	control->posted = fn;
	pthread_cond_signal(&control->wake);
	pthread_mutex_unlock(&control->lock);
}
