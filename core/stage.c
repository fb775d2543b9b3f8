#include "core/stage.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/idle.h"

#define HOUSEKEEPING_NS (10 * GW_NS_PER_MS)
/* Under load the clock is read once in so many turns. */
#define TURNS_PER_LOOK 64

static bool flag(const _Atomic bool *b)
{
	return atomic_load_explicit(b, memory_order_acquire);
}

/* Nothing more will come, and what came is through. */
static bool drained(struct gw_stage *stage)
{
	if (!flag(&stage->draining) && !flag(&stage->exhausted))
		return false;
	if (stage->in && gw_link_count(stage->in) > 0)
		return false;
	return !stage->ops->drain || stage->ops->drain(stage);
}

static void *stage_thread(void *arg)
{
	struct gw_stage *stage = arg;
	const struct gw_stage_ops *ops = stage->ops;
	struct gw_idle idle = {.policy = stage->gw->config->gateway->idle};
	int64_t next_look = 0;
	uint32_t turn = 0;

	if (ops->begin)
		ops->begin(stage);
	while (!flag(&stage->abandon)) {
		uint32_t work = ops->poll(stage);

		gw_counter_add(&stage->stats->turns, 1);
		if (work > 0)
			gw_counter_add(&stage->stats->busy_turns, 1);
		if (work == 0 || ++turn % TURNS_PER_LOOK == 0) {
			int64_t now = gw_now();

			if (now >= next_look) {
				if (ops->housekeeping)
					ops->housekeeping(stage, now);
				next_look = now + HOUSEKEEPING_NS;
			}
		}
		if (work == 0 && drained(stage))
			break;
		gw_idle_after(&idle, work);
	}
	if (ops->end)
		ops->end(stage);
	atomic_store_explicit(&stage->ended, true, memory_order_release);
	return NULL;
}

int gw_stage_start(struct gw_stage *stage, struct gw_error *error)
{
	pthread_attr_t attributes;
	pthread_t thread;
	cpu_set_t cores;

	pthread_attr_init(&attributes);
	if (stage->core >= 0) {
		CPU_ZERO(&cores);
		CPU_SET((unsigned int)stage->core, &cores);
		pthread_attr_setaffinity_np(&attributes, sizeof(cores), &cores);
	}
	int status = pthread_create(&thread, &attributes, stage_thread, stage);

	pthread_attr_destroy(&attributes);
	if (status != 0)
		return gw_error_set(error, -status,
			"%s: its thread cannot run on processor %d: %s (see `cores`)",
			stage->ops->name, stage->core, strerror(status));
	pthread_setname_np(thread, stage->ops->name);
	stage->thread = thread;
	stage->running = true;
	return 0;
}

bool gw_stage_drain(struct gw_stage *stage, int64_t deadline, int64_t grace)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	if (!stage->running)
		return true;
	atomic_store_explicit(&stage->drain_by, deadline, memory_order_relaxed);
	atomic_store_explicit(&stage->draining, true, memory_order_release);
	while (!flag(&stage->ended)) {
		if (gw_now() - grace >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void gw_stage_stop(struct gw_stage *stage)
{
	if (!stage->running)
		return;
	atomic_store_explicit(&stage->abandon, true, memory_order_release);
	pthread_join(stage->thread, NULL);
	stage->running = false;
}

uint32_t gw_stage_take(struct gw_stage *stage, struct gw_frame **frames, uint32_t count)
{
	count = gw_link_pop(stage->in, frames, count);
	for (uint32_t i = 0; i < count; i++)
		gw_counter_add(&stage->stats->camera[frames[i]->camera].frames_in, 1);
	return count;
}

void gw_stage_give(struct gw_stage *stage, struct gw_frame *const *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		gw_counter_add(&stage->stats->camera[frames[i]->camera].frames_out, 1);
	gw_link_push(stage->out, frames, count);
}
