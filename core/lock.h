/* A lock that is not waited for without end: whoever has it may wait for a disk that hangs. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/clock.h"

/* Locks, or waits no longer than `ns`: false. Any thread. */
static inline bool gw_lock_within(pthread_mutex_t *lock, int64_t ns)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	const int64_t by = gw_now() + ns;

	/* There is a call that waits by the monotonic clock, but the thread sanitizer does not know
	 * it, and takes what was locked by it for unlocked. */
	while (pthread_mutex_trylock(lock) != 0) {
		if (gw_now() >= by)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
