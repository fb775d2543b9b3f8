/* Whether a device may have work. After a failure it has none for a while, then one batch as a
 * probe; when that fails too, twice as long. The pauses are spread, so that several who use the
 * device do not all try it at once. Pure: one thread, times are given.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

#define DEVICE_PAUSE_NS GW_NS_PER_S /* after the first failure */
#define DEVICE_PAUSE_MOST_NS (60 * GW_NS_PER_S)

struct device_health {
	uint32_t failures; /* in a row; 0: it is well */
	bool probing; /* it was given one batch to see */
	int64_t retry_at; /* gw_now() before which it gets nothing */
	uint32_t chance; /* state of the numbers that spread the pauses; any value */
};

/* Whether it can be given a batch now. */
static inline bool device_health_may_have(const struct device_health *health, int64_t now)
{
	return health->failures == 0 || (!health->probing && now >= health->retry_at);
}

/* It was given one. */
static inline void device_health_given(struct device_health *health)
{
	health->probing = health->failures > 0;
}

/* It did what it was given: all is forgotten. */
static inline void device_health_well(struct device_health *health)
{
	health->failures = 0;
	health->probing = false;
}

/* It failed. Returns how long it gets nothing, in nanoseconds: a second, doubled with every failure
 * up to a minute, and up to a quarter less or more. */
int64_t device_health_failed(struct device_health *health, int64_t now);

/* How long a batch may take before the device counts as lost: ten times what is expected, and a
 * second at least. */
static inline int64_t device_health_patience(int64_t expected_ns)
{
	return expected_ns > GW_NS_PER_S / 10 ? 10 * expected_ns : GW_NS_PER_S;
}
