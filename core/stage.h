/* A stage: one thread that polls, takes frames from one link and gives them to the next.
 *
 * A stage is written as a table of functions (struct gw_stage_ops) and a state of its own. All
 * functions but check, open, close and describe run on the stage's thread; open and close on the
 * main thread before it starts and after it ended.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/link.h"
#include "core/stats.h"

struct gw;
struct gw_api_route;
struct gw_health;
struct gw_stage;
struct json_t;

#define GW_BURST 32

struct gw_stage_ops {
	const char *name;

	/* Optional: looks at what open will need and leaves no trace. All stages are asked before
	 * the first is opened, so that a mistake in the input does not cost an older output. */
	int (*check)(struct gw_stage *stage, struct gw_error *error);

	/* Makes stage->state and everything that frames will need. May fail with one line that says
	 * what to do; close is called after a failed open too and accepts half-built state. */
	int (*open)(struct gw_stage *stage, struct gw_error *error);

	/* Optional: the thread's first and last act (registration with DPDK, say). */
	void (*begin)(struct gw_stage *stage);
	void (*end)(struct gw_stage *stage);

	/* One turn: takes what is ready, never blocks, returns how much it did; 0 lets the thread
	 * rest. No allocation, lock, system call or log per frame. */
	uint32_t (*poll)(struct gw_stage *stage);

	/* Optional: slow work, about every 10 ms: time-outs, gauges, logs. */
	void (*housekeeping)(struct gw_stage *stage, int64_t now);

	/* Optional: upstream has ended and the link is empty. Called every turn from then on;
	 * pushes out what is held back (open frames, half-filled batches) and returns true when
	 * nothing is left. */
	bool (*drain)(struct gw_stage *stage);

	void (*close)(struct gw_stage *stage);

	/* Optional: adds what keeps the stage from its work (core/health.h). Any thread. */
	void (*health)(struct gw_stage *stage, struct gw_health *health);

	/* Optional: facts for the API (a new jansson object, owned by the caller). Any thread. */
	struct json_t *(*describe)(struct gw_stage *stage);

	/* Optional: API routes of this stage, ended by an entry without a method. */
	const struct gw_api_route *routes;
};

struct gw_stage {
	const struct gw_stage_ops *ops;
	struct gw *gw;
	struct gw_link *in; /* NULL for the first stage */
	struct gw_link *out; /* NULL for the last */
	struct gw_stage_stats *stats;
	void *state; /* the stage's own */

	/* The first stage sets it when its source is exhausted (a capture was replayed). */
	_Atomic bool exhausted;

	/* Runtime, of stage.c. */
	_Atomic bool draining; /* written by main, read by the thread */
	_Atomic int64_t
		drain_by; /* the same: gw_now() by which drain() should have let go of everything */
	_Atomic bool abandon; /* the same: end at once */
	_Atomic bool ended; /* written by the thread, read by main */
	_Atomic bool running; /* written by main, read by the API */
	int core; /* processor to run on, -1: any */
	unsigned long thread;
};

/* Starts the thread. The caller's affinity is not inherited when stage->core is set. */
int gw_stage_start(struct gw_stage *stage, struct gw_error *error);

/* Lets the thread finish what it has and end. It should have let go of everything by `deadline`
 * (gw_now()); returns false when it has not ended `grace` nanoseconds later. Upstream must have
 * ended. */
bool gw_stage_drain(struct gw_stage *stage, int64_t deadline, int64_t grace);

/* Ends the thread, drained or not, and joins it. Frames that are left stay in links and pool. */
void gw_stage_stop(struct gw_stage *stage);

/* Takes up to `count` frames from the stage's link and counts them in. */
uint32_t gw_stage_take(struct gw_stage *stage, struct gw_frame **frames, uint32_t count);

/* Counts frames out and gives them to the next stage. */
void gw_stage_give(struct gw_stage *stage, struct gw_frame *const *frames, uint32_t count);
