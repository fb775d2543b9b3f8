#include "core/watch.h"

#include "core/clock.h"
#include "core/gateway.h"
#include "core/health.h"

/* An idle lane turns every 2 ms; one that works on a burst may take some 100 ms on a busy machine.
 */
#define STUCK_NS (2 * GW_NS_PER_S)

static bool should_turn(const struct gw_lane *lane)
{
	return atomic_load_explicit(&lane->running, memory_order_acquire) &&
		!atomic_load_explicit(&lane->ended, memory_order_acquire);
}

/* Nanoseconds since the lane was seen to have turned. */
static int64_t stands_for(const struct gw_lane *lane, int64_t now)
{
	const int64_t turned = atomic_load_explicit(&lane->turned_at, memory_order_relaxed);

	return turned != 0 && should_turn(lane) ? now - turned : 0;
}

bool gw_watch_lanes(struct gw *gw, int64_t now)
{
	bool all = true;

	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			struct gw_lane *lane = &gw->stages[i].lanes[k];
			const uint64_t turns = gw_counter_get(&lane->stats->turns);

			if (turns != lane->turns_seen || stands_for(lane, now) == 0) {
				lane->turns_seen = turns;
				atomic_store_explicit(&lane->turned_at, now, memory_order_relaxed);
			}
			all = all && stands_for(lane, now) < STUCK_NS;
		}
	}
	return all;
}

void gw_watch_health(struct gw *gw, struct gw_health *health)
{
	const int64_t now = gw_now();

	/* Nobody looks at them while they drain: the last resort does. */
	if (!atomic_load_explicit(&gw->ready, memory_order_acquire))
		return;
	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			const struct gw_lane *lane = &gw->stages[i].lanes[k];
			const int64_t ns = stands_for(lane, now);

			if (ns >= STUCK_NS)
				gw_health_add(health, GW_FAILED, "lane.%s.stuck", lane->name,
					"the thread %s has not turned for %.1f s: it hangs in a "
					"system call or was stopped; restart gwd if it stays so",
					lane->name, (double)ns / GW_NS_PER_S);
		}
	}
}
