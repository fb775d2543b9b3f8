#include "core/rest.h"

#include <time.h>

/* A burst follows a burst: stay awake for a while, then sleep longer and longer. */
#define PAUSE_TURNS 256
#define SHORTEST_SLEEP_NS 20000
#define LONGEST_SLEEP_NS 500000

static inline void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void gw_rest_after(struct gw_rest *rest, uint32_t work)
{
	if (work > 0) {
		rest->empty_turns = 0;
		return;
	}
	rest->empty_turns++;
	if (rest->policy == GW_IDLE_SPIN || rest->empty_turns < PAUSE_TURNS) {
		pause_processor();
		return;
	}
	uint32_t doublings = (rest->empty_turns - PAUSE_TURNS) / 8;
	long ns = doublings < 5 ? SHORTEST_SLEEP_NS << doublings : LONGEST_SLEEP_NS;
	struct timespec pause = {.tv_nsec = ns < LONGEST_SLEEP_NS ? ns : LONGEST_SLEEP_NS};

	nanosleep(&pause, NULL);
}
