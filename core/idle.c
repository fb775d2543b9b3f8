#include "core/idle.h"

#include <time.h>

/* A burst follows a burst: stay awake for some microseconds, then sleep longer and longer. To stay
 * awake for longer costs more than the packets do, where a camera sends them evenly. One that sends
 * 10 pictures a second never finds a sleep beyond half a millisecond; a gateway without any does.
 */
#define PAUSE_TURNS 32
#define SHORTEST_SLEEP_NS 20000
#define BUSY_SLEEP_NS 500000
#define IDLE_SLEEP_NS 2000000
#define IDLE_TURNS 1500 /* about half a second without work */

static inline void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void gw_idle_after(struct gw_idle *idle, uint32_t work)
{
	if (work > 0) {
		idle->empty_turns = 0;
		return;
	}
	if (idle->empty_turns < UINT32_MAX)
		idle->empty_turns++;
	if (idle->policy == GW_IDLE_SPIN || idle->empty_turns < PAUSE_TURNS) {
		pause_processor();
		return;
	}
	uint32_t doublings = (idle->empty_turns - PAUSE_TURNS) / 4;
	long ns = BUSY_SLEEP_NS;

	if (idle->empty_turns > IDLE_TURNS)
		ns = IDLE_SLEEP_NS;
	else if (doublings < 5)
		ns = SHORTEST_SLEEP_NS << doublings;
	struct timespec pause = {.tv_nsec = ns};

	nanosleep(&pause, NULL);
}
