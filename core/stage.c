#include "core/stage.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/gateway.h"
#include "core/idle.h"
#include "core/thread.h"

#define HOUSEKEEPING_NS (10 * GW_NS_PER_MS)
/* Under load the clock is read once in so many turns. */
#define TURNS_PER_LOOK 64

static bool flag(const _Atomic bool *b)
{
	return atomic_load_explicit(b, memory_order_acquire);
}

uint32_t gw_lane_waiting(const struct gw_lane *lane)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < lane->in_count; i++)
		waiting += gw_link_count(lane->in[i]);
	return waiting;
}

/* Nothing more will come, and what came is through. */
static bool drained(struct gw_lane *lane)
{
	const struct gw_stage_ops *ops = lane->stage->ops;

	if (!flag(&lane->draining) && !flag(&lane->exhausted))
		return false;
	if (gw_lane_waiting(lane) > 0)
		return false;
	return !ops->drain || ops->drain(lane);
}

static bool rest(void *arg, int64_t ns, bool deaf)
{
	struct gw_lane *lane = arg;

	return lane->stage->ops->rest(lane, ns, deaf);
}

static void *lane_thread(void *arg)
{
	struct gw_lane *lane = arg;
	const struct gw_stage_ops *ops = lane->stage->ops;
	struct gw_idle idle = {.policy = lane->stage->gw->config->gateway->idle,
		.bell = &lane->bell,
		.rest = ops->rest ? rest : NULL,
		.arg = lane};
	int64_t next_look = 0;
	uint32_t turn = 0;

	if (ops->begin)
		ops->begin(lane);
	while (!flag(&lane->abandon)) {
		uint32_t work = ops->poll(lane);

		gw_counter_add(&lane->stats->turns, 1);
		if (work > 0)
			gw_counter_add(&lane->stats->busy_turns, 1);
		if (work == 0 || ++turn % TURNS_PER_LOOK == 0) {
			int64_t now = gw_now();

			if (now >= next_look) {
				if (ops->housekeeping)
					ops->housekeeping(lane, now);
				next_look = now + HOUSEKEEPING_NS;
			}
		}
		const bool asked = gw_lane_answer(lane);

		if (work == 0 && drained(lane))
			break;
		/* Nobody rings for a source. */
		idle.clocked = lane->waits || (lane->in_count == 0 && !ops->rest);
		if (asked && work == 0)
			gw_idle_stay_awake(&idle);
		else
			gw_idle_after(&idle, work);
	}
	gw_idle_end(&idle);
	if (ops->end)
		ops->end(lane);
	atomic_store_explicit(&lane->ended, true, memory_order_release);
	return NULL;
}

int gw_stage_no_core(const struct gw_lane *lane, int status, struct gw_error *error)
{
	return gw_error_set(error, status,
		"%s: its thread cannot run on processor %d: %s (see `cores`)", lane->name,
		lane->core, strerror(-status));
}

int gw_stage_start(struct gw_stage *stage, struct gw_error *error)
{
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct gw_lane *lane = &stage->lanes[i];
		pthread_t thread;
		const int status =
			gw_thread_start(&thread, lane->name, lane->core, lane_thread, lane);

		if (status != 0)
			return gw_stage_no_core(lane, status, error);
		lane->thread = thread;
		atomic_store_explicit(&lane->running, true, memory_order_release);
	}
	return 0;
}

bool gw_stage_drain(struct gw_stage *stage, int64_t deadline, int64_t grace)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct gw_lane *lane = &stage->lanes[i];

		atomic_store_explicit(&lane->drain_by, deadline, memory_order_relaxed);
		atomic_store_explicit(&lane->draining, true, memory_order_release);
		gw_bell_ring(&lane->bell);
	}
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		while (flag(&stage->lanes[i].running) && !flag(&stage->lanes[i].ended)) {
			if (gw_now() - grace >= deadline)
				return false;
			nanosleep(&pause, NULL);
		}
	}
	return true;
}

bool gw_stage_stop(struct gw_stage *stage, int64_t deadline)
{
	bool ended = true;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		atomic_store_explicit(&stage->lanes[i].abandon, true, memory_order_release);
		gw_bell_ring(&stage->lanes[i].bell);
	}
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct gw_lane *lane = &stage->lanes[i];

		if (!flag(&lane->running))
			continue;
		if (gw_thread_join(lane->thread, deadline))
			atomic_store_explicit(&lane->running, false, memory_order_release);
		else
			ended = false;
	}
	return ended;
}

uint32_t gw_lane_take(struct gw_lane *lane, struct gw_frame **frames, uint32_t count)
{
	uint32_t taken = 0;

	/* Each link has its turn to be the first. */
	for (uint32_t i = 0; i < lane->in_count && taken < count; i++) {
		taken += gw_link_pop(lane->in[lane->in_next], frames + taken, count - taken);
		if (++lane->in_next == lane->in_count)
			lane->in_next = 0;
	}
	for (uint32_t i = 0; i < taken; i++)
		gw_counter_add(&lane->stats->camera[frames[i]->camera].frames_in, 1);
	return taken;
}

static void ring(const struct gw_lane *lane, uint32_t to)
{
	if (lane->out_bell[to])
		gw_bell_ring(lane->out_bell[to]);
}

void gw_lane_give(struct gw_lane *lane, struct gw_frame *const *frames, uint32_t count)
{
	uint32_t given = 0; /* a bit for each lane */

	static_assert(GW_LANES <= 32, "a bit for each");
	for (uint32_t i = 0; i < count; i++)
		gw_counter_add(&lane->stats->camera[frames[i]->camera].frames_out, 1);
	if (lane->out_count == 1) {
		gw_link_push(lane->out[0], frames, count);
		ring(lane, 0);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t to = gw_lane_of(frames[i]->camera, lane->out_count);

		gw_link_push(lane->out[to], &frames[i], 1);
		given |= 1u << to;
	}
	for (uint32_t to = 0; given >> to != 0; to++)
		if (given >> to & 1)
			ring(lane, to);
}

uint64_t gw_stage_count(const struct gw_stage *stage, uint32_t subject, size_t counter)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++)
		sum += gw_counter_get((const struct gw_counter *)((const char *)&stage->lanes[i]
									  .stats->camera[subject] +
			counter));
	return sum;
}
