#include "accel/route.h"

/* Evenly spread over every camera's frames (Knuth, The Art of Computer Programming, 6.4:
 * multiplicative hashing): 0 .. ROUTE_ALL - 1. */
static uint32_t place_of(const struct gw_frame *frame)
{
	return (((uint32_t)frame->sequence + frame->camera * 40503u) * 2654435769u) >> 16;
}

bool route_join(struct route *route)
{
	uint32_t users = atomic_load_explicit(&route->users, memory_order_relaxed);

	while (users > 0)
		if (atomic_compare_exchange_weak_explicit(&route->users, &users, users + 1,
			    memory_order_acquire, memory_order_relaxed))
			return true;
	return false;
}

void route_leave(struct route *route)
{
	atomic_fetch_sub_explicit(&route->users, 1, memory_order_release);
}

uint16_t route_pick(const struct route *route, const struct gw_frame *frame)
{
	const uint32_t share = atomic_load_explicit(&route->share, memory_order_acquire);

	if (share > 0 && place_of(frame) < share)
		return atomic_load_explicit(&route->canary, memory_order_acquire);
	return route_stable(route);
}

bool route_compares(const struct route *route, const struct gw_frame *frame)
{
	const uint32_t share = atomic_load_explicit(&route->share, memory_order_acquire);

	return place_of(frame) < (share < ROUTE_COMPARED ? share : ROUTE_COMPARED);
}

bool route_leads_to(const struct route *route, uint16_t model)
{
	return route_stable(route) == model || route_canary(route) == model;
}

uint16_t route_canary(const struct route *route)
{
	return atomic_load_explicit(&route->tried, memory_order_acquire)
		? atomic_load_explicit(&route->canary, memory_order_relaxed)
		: GW_NO_MODEL;
}
