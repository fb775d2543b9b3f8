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
	const int64_t by = gw_now() + ns;
	const struct timespec deadline = {by / GW_NS_PER_S, by % GW_NS_PER_S};

	return pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &deadline) == 0;
}
