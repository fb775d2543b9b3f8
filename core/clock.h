/* The two clocks of the gateway, in nanoseconds. Neither enters the kernel. Any thread. */
#pragma once

#include <stdint.h>
#include <time.h>

#define GW_NS_PER_MS 1000000LL
#define GW_NS_PER_S 1000000000LL

/* For stamps and time-outs: never jumps. */
static inline int64_t gw_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * GW_NS_PER_S + t.tv_nsec;
}

/* For record times: UTC since 1970. */
static inline int64_t gw_now_utc(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * GW_NS_PER_S + t.tv_nsec;
}
