/* A stage of the pipeline, and its lanes: the threads that turn its loop.
 *
 * A stage is written as a table of functions (struct gw_stage_ops), a state that its lanes share
 * and a state for each lane. A lane polls: it takes frames from its links, works, and gives them to
 * the next stage. A camera's frames always take the same lane of a stage, so their order is kept.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/bell.h"
#include "core/error.h"
#include "core/link.h"
#include "core/stats.h"

struct gw;
struct gw_api_route;
struct gw_ask;
struct gw_camera;
struct gw_health;
struct gw_lane;
struct gw_packet;
struct gw_stage;
struct json_t;

#define GW_BURST 32
#define GW_LANE_LINKS (2 * GW_LANES) /* that may lead to one lane: two sources meet in decode */

/* Where a function says 'control thread', the lanes go on turning meanwhile: it may be slow. */
struct gw_stage_ops {
	const char *name;

	/* Optional: how many lanes the stage has, where the configuration asks for `wanted`. 0:
	 * nobody needs the stage. */
	uint32_t (*lanes)(const struct gw *gw, uint32_t wanted);

	/* Optional: looks at what open will need and leaves no trace. All stages are asked before
	 * the first is opened, so that a mistake in the input does not cost an older output. */
	int (*check)(struct gw_stage *stage, struct gw_error *error);

	/* Make stage->state, and for each lane lane->state, and everything that frames will need.
	 * May fail with one line that says what to do; the closing functions are called after a
	 * failed open too and accept half-built state. Main thread, before the lanes turn and after
	 * they ended; lane_open and lane_close are optional. */
	int (*open)(struct gw_stage *stage, struct gw_error *error);
	int (*lane_open)(struct gw_lane *lane, struct gw_error *error);
	void (*lane_close)(struct gw_lane *lane);
	void (*close)(struct gw_stage *stage);

	/* Optional: the thread's first and last act (registration with DPDK, say). */
	void (*begin)(struct gw_lane *lane);
	void (*end)(struct gw_lane *lane);

	/* One turn: takes what is ready, never blocks, returns how much it did; 0 lets the thread
	 * rest. No allocation, lock, system call or log per frame. The lane's thread. */
	uint32_t (*poll)(struct gw_lane *lane);

	/* Optional, for a lane whose work comes from outside: rests until there may be work, or
	 * lane->bell was rung, at most so many nanoseconds; returns whether that is so. `deaf`: for
	 * the bell alone, which has a descriptor then. Else the lane rests on its bell alone, which
	 * is rung for what comes by links. The lane's thread. */
	bool (*rest)(struct gw_lane *lane, int64_t ns, bool deaf);

	/* Optional: takes a packet that came within a connection; copies it. False: there is no
	 * room now. One thread at a time, while the stage is open; not in a replay. */
	bool (*put_packet)(struct gw_stage *stage, const struct gw_packet *packet);

	/* Of a stage that has put_packet, after the last of several of a camera's: its lane is
	 * told. The same thread. */
	void (*put_end)(struct gw_stage *stage, uint32_t camera);

	/* Optional: slow work, about every 10 ms: time-outs, gauges, logs. The lane's thread. */
	void (*housekeeping)(struct gw_lane *lane, int64_t now);

	/* Optional: upstream has ended and the links are empty. Called every turn from then on;
	 * pushes out what is held back (open frames, half-filled batches) and returns true when
	 * nothing is left. The lane's thread. */
	bool (*drain)(struct gw_lane *lane);

	/* Optional: a camera is added (`was` is NULL) or changed. Makes what its frames will need
	 * here and hangs it into `is->of[]`, or fails with one line and leaves nothing. Control
	 * thread. */
	int (*camera_prepare)(struct gw_stage *stage, struct gw_camera *is,
		const struct gw_camera *was, struct gw_error *error);

	/* Optional: from now on `is` holds in place of `was`; either may be NULL. Asked of every
	 * lane, between two of its turns. */
	void (*camera_publish)(
		struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was);

	/* Optional: nobody has that version any more: takes back what was prepared. Accepts one
	 * that was not. Control thread. */
	void (*camera_release)(struct gw_stage *stage, struct gw_camera *camera);

	/* Optional: upkeep that may be slow, about every 100 ms (ports). Control thread. */
	void (*upkeep)(struct gw_stage *stage, int64_t now);

	/* Optional: adds what keeps the stage from its work (core/health.h). Any thread. */
	void (*health)(struct gw_stage *stage, struct gw_health *health);

	/* Optional: facts for the API (a new jansson object, owned by the caller). Any thread. */
	struct json_t *(*describe)(struct gw_stage *stage);

	/* Optional: API routes of this stage, ended by an entry without a method. */
	const struct gw_api_route *routes;
};

/* One thread of a stage. */
struct gw_lane {
	struct gw_stage *stage;
	uint32_t index;
	char name[16]; /* of the thread: "rx", or "rx-1" when there are several */
	int core; /* processor to run on, -1: any */
	struct gw_lane_stats *stats;
	void *state; /* the stage's own */

	/* Each link has one producer, a lane of a stage before, and one consumer, a lane of the
	 * next.
	 */
	uint32_t in_count, in_next;
	struct gw_link *in[GW_LANE_LINKS];
	uint32_t out_count; /* lanes of the next stage */
	struct gw_link *out[GW_LANES];
	struct gw_bell *out_bell[GW_LANES]; /* of each */

	/* A source's lane sets it when its source is exhausted (a capture was replayed). */
	_Atomic bool exhausted;

	struct gw_bell bell; /* rung by whoever gives the lane something to do */
	/* Set by poll(): something waits here that goes on without a ring (for memory, a time, a
	 * queue of somebody else's). The lane's thread only. */
	bool waits;

	/* Runtime, of stage.c and control.c. */
	_Atomic(struct gw_ask *) ask; /* written by who asks, taken by the lane */
	_Atomic bool draining; /* written by main, read by the lane */
	_Atomic int64_t
		drain_by; /* the same: gw_now() by which drain() should have let go of everything */
	_Atomic bool abandon; /* the same: end at once */
	_Atomic bool ended; /* written by the lane, read by others */
	_Atomic bool running; /* written by main, read by others */
	unsigned long thread;

	/* Of watch.c. */
	uint64_t turns_seen; /* main only */
	_Atomic int64_t
		turned_at; /* gw_now() when it was last seen to have; main writes, others read */
};

struct gw_stage {
	const struct gw_stage_ops *ops; /* NULL: this gateway has no such stage */
	struct gw *gw;
	struct gw_stage *to; /* the next one; NULL for the last */
	void *state; /* shared by its lanes */
	uint32_t lane_count;
	struct gw_lane *lanes;
};

/* What is said of a lane that cannot run where it is pinned; returns `status`. */
int gw_stage_no_core(const struct gw_lane *lane, int status, struct gw_error *error);

/* Starts all lanes. The caller's affinity is not inherited where a lane has a processor of its own.
 * On failure those that run go on: gw_stage_stop() ends them. */
int gw_stage_start(struct gw_stage *stage, struct gw_error *error);

/* Lets the lanes finish what they have and end. They should have let go of everything by `deadline`
 * (gw_now()); returns false when one has not ended `grace` nanoseconds later. Upstream must have
 * ended. */
bool gw_stage_drain(struct gw_stage *stage, int64_t deadline, int64_t grace);

/* Ends the lanes, drained or not, and joins them, for which it waits until `deadline` (gw_now()) at
 * most. Frames that are left stay in links and pool. Returns false when a thread hangs: then
 * nothing that it may touch can be freed. */
bool gw_stage_stop(struct gw_stage *stage, int64_t deadline);

/* Takes up to `count` frames from the lane's links and counts them in. The lane's thread. */
uint32_t gw_lane_take(struct gw_lane *lane, struct gw_frame **frames, uint32_t count);

/* Counts frames out and gives them to the lanes of the next stage. The lane's thread. */
void gw_lane_give(struct gw_lane *lane, struct gw_frame *const *frames, uint32_t count);

/* Frames that wait in the lane's links. Any thread. */
uint32_t gw_lane_waiting(const struct gw_lane *lane);

/* Which lane of a stage a camera's frames take. */
static inline uint32_t gw_lane_of(uint32_t camera, uint32_t lanes)
{
	return lanes > 1 ? camera % lanes : 0;
}

/* The sum of one counter over all lanes; `counter` is where it lies within struct gw_camera_stats,
 * `subject` a camera, GW_UNMATCHED or GW_REMOVED. Any thread. */
uint64_t gw_stage_count(const struct gw_stage *stage, uint32_t subject, size_t counter);
#define GW_COUNT(stage, subject, member) \
	gw_stage_count(stage, subject, offsetof(struct gw_camera_stats, member))
