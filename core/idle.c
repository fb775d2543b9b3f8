#include "core/idle.h"

#include <time.h>

#include "core/clock.h"

/* A burst follows a burst: stay awake for some microseconds, then sleep longer and longer. To stay
 * awake for longer costs more than the packets do, where a camera sends them evenly. One that sends
 * 10 pictures a second never finds a sleep beyond half a millisecond; a gateway without any does.
 */
#define PAUSE_TURNS 32
#define SHORTEST_SLEEP_NS 20000
#define BUSY_SLEEP_NS 500000
#define IDLE_SLEEP_NS 2000000
#define IDLE_RESTS 1500 /* about half a second without work */

/* Whoever is woken rests for long: as long as what has a time of its own may be late. */
#define WOKEN_REST_NS IDLE_SLEEP_NS
#define LONG_REST_NS (40 * GW_NS_PER_MS)
#define WOKEN_IDLE_RESTS 250 /* about half a second */

/* Where the next piece of work comes within this time, waking up costs more than the work: some is
 * let gather, asleep and without staying awake before. The kernel adds up to 50 us (timer slack).
 */
#define GATHER_NS 140000
#define GATHER_PAUSE_TURNS 4

static inline void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void sleep_for(int64_t ns)
{
	const struct timespec pause = {.tv_nsec = ns};

	nanosleep(&pause, NULL);
}

static void leave(struct gw_idle *idle)
{
	if (idle->listening)
		gw_bell_leave(idle->bell);
	idle->listening = false;
}

/* Where only the clock says when to look. */
static int64_t look_again_ns(const struct gw_idle *idle)
{
	const uint32_t doublings = idle->rests / 4;

	if (idle->rests > IDLE_RESTS)
		return IDLE_SLEEP_NS;
	return doublings < 5 ? SHORTEST_SLEEP_NS << doublings : BUSY_SLEEP_NS;
}

static int64_t rest_ns(const struct gw_idle *idle)
{
	if (idle->clocked)
		return look_again_ns(idle);
	return idle->rests < WOKEN_IDLE_RESTS ? WOKEN_REST_NS : LONG_REST_NS;
}

/* One more look for work before the first rest. */
static bool listen_first(struct gw_idle *idle)
{
	if (idle->listening)
		return false;
	idle->heard = gw_bell_listen(idle->bell);
	idle->listening = true;
	return true;
}

static void wait_for_bell(struct gw_idle *idle)
{
	if (listen_first(idle) || !gw_bell_wait(idle->bell, idle->heard, rest_ns(idle)))
		return;
	leave(idle);
	idle->empty_turns = 0;
}

/* Woken for nothing, as by work that cannot be taken yet: then the clock says when to look. */
static void wait_for_work(struct gw_idle *idle)
{
	const bool by_clock = idle->clocked || idle->woken;

	idle->woken = false;
	if (!by_clock && idle->gathers && !idle->gathered) {
		sleep_for(GATHER_NS);
		idle->gathered = true;
		return;
	}
	/* Nothing had come meanwhile. */
	idle->gathers = false;
	if (listen_first(idle))
		return;
	const int64_t ns = by_clock ? look_again_ns(idle) : rest_ns(idle);
	const int64_t begin = gw_now();

	idle->woken = idle->rest(idle->arg, ns, by_clock) && !by_clock;
	idle->gathers = idle->woken && gw_now() - begin < GATHER_NS;
	idle->heard = gw_bell_heard(idle->bell);
}

void gw_idle_stay_awake(struct gw_idle *idle)
{
	leave(idle);
	idle->woken = idle->gathered = false;
	idle->empty_turns = 0;
}

void gw_idle_after(struct gw_idle *idle, uint32_t work)
{
	if (work > 0) {
		gw_idle_stay_awake(idle);
		idle->rests = 0;
		return;
	}
	if (idle->policy == GW_IDLE_SPIN ||
		++idle->empty_turns < (idle->gathers ? GATHER_PAUSE_TURNS : PAUSE_TURNS)) {
		pause_processor();
		return;
	}
	idle->empty_turns = PAUSE_TURNS;
	if (idle->rests < UINT32_MAX)
		idle->rests++;
	if (idle->rest)
		wait_for_work(idle);
	else if (idle->bell)
		wait_for_bell(idle);
	else
		sleep_for(look_again_ns(idle));
}

void gw_idle_end(struct gw_idle *idle)
{
	leave(idle);
}
