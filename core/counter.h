/* A number with one writer thread and any number of readers: no lock, no locked instruction. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct gw_counter {
	_Atomic uint64_t value;
};

static inline void gw_counter_add(struct gw_counter *counter, uint64_t n)
{
	atomic_store_explicit(&counter->value,
		atomic_load_explicit(&counter->value, memory_order_relaxed) + n,
		memory_order_release);
}

static inline void gw_counter_set(struct gw_counter *counter, uint64_t n)
{
	atomic_store_explicit(&counter->value, n, memory_order_release);
}

static inline uint64_t gw_counter_get(const struct gw_counter *counter)
{
	return atomic_load_explicit(&counter->value, memory_order_acquire);
}
