/* A stack of the numbers below a bound: free slots, last in, first out, so that what was used last
 * is used next and a lightly loaded gateway touches little memory. Any thread, no lock: a Treiber
 * stack whose top carries a count of its changes, so that a number that came back in between is
 * noticed (R. K. Treiber, 'Systems Programming: Coping with Parallelism', 1986).
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define GW_FREE_LIST_EMPTY UINT32_MAX

struct gw_free_list {
	/* Low half: the number on top plus one, 0 when there is none; high half: changes so far. */
	_Alignas(64) _Atomic uint64_t top;
	/* Numbers from here on were never taken: their entries of `below` are untouched. */
	_Alignas(64) _Atomic uint32_t fresh;
	uint32_t count; /* the bound */
	_Atomic uint32_t *below; /* what lies below each number that is in the stack, plus one */
};

/* All numbers are free. Returns 0, or -1 when out of memory. */
static inline int gw_free_list_open(struct gw_free_list *list, uint32_t count)
{
	atomic_init(&list->top, 0);
	atomic_init(&list->fresh, 0);
	list->count = count;
	list->below = calloc(count ? count : 1, sizeof(*list->below));
	return list->below ? 0 : -1;
}

/* Accepts a list that was never opened (all zero). */
static inline void gw_free_list_close(struct gw_free_list *list)
{
	free((void *)list->below);
	list->below = NULL;
}

/* Gives a number back that was taken before. */
static inline void gw_free_list_push(struct gw_free_list *list, uint32_t number)
{
	uint64_t top = atomic_load_explicit(&list->top, memory_order_relaxed);
	uint64_t next;

	do {
		atomic_store_explicit(&list->below[number], (uint32_t)top, memory_order_relaxed);
		next = ((top >> 32) + 1) << 32 | (number + 1);
	} while (!atomic_compare_exchange_weak_explicit(
		&list->top, &top, next, memory_order_release, memory_order_relaxed));
}

/* Takes the number that was given back last. GW_FREE_LIST_EMPTY: none was. */
static inline uint32_t gw_free_list_pop(struct gw_free_list *list)
{
	uint64_t top = atomic_load_explicit(&list->top, memory_order_acquire);

	while ((uint32_t)top != 0) {
		const uint32_t number = (uint32_t)top - 1;
		const uint32_t below =
			atomic_load_explicit(&list->below[number], memory_order_relaxed);
		const uint64_t next = ((top >> 32) + 1) << 32 | below;

		if (atomic_compare_exchange_weak_explicit(
			    &list->top, &top, next, memory_order_acquire, memory_order_acquire))
			return number;
	}
	return GW_FREE_LIST_EMPTY;
}

/* Takes one that was never taken. GW_FREE_LIST_EMPTY: all were. */
static inline uint32_t gw_free_list_pop_fresh(struct gw_free_list *list)
{
	uint32_t fresh = atomic_load_explicit(&list->fresh, memory_order_relaxed);

	while (fresh < list->count)
		if (atomic_compare_exchange_weak_explicit(&list->fresh, &fresh, fresh + 1,
			    memory_order_relaxed, memory_order_relaxed))
			return fresh;
	return GW_FREE_LIST_EMPTY;
}
