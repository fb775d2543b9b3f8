#include "accel/route.h"

uint16_t route_pick(const struct route *route, const struct gw_frame *frame)
{
	const uint32_t share = atomic_load_explicit(&route->share, memory_order_acquire);

	if (share > 0) {
		/* Evenly spread over every camera's frames (Knuth, The Art of Computer Programming,
		 * 6.4: multiplicative hashing). */
		const uint32_t mixed =
			((uint32_t)frame->sequence + frame->camera * 40503u) * 2654435769u;

		if (mixed >> 16 < share)
			return atomic_load_explicit(&route->canary, memory_order_relaxed);
	}
	return atomic_load_explicit(&route->stable, memory_order_relaxed);
}

bool route_leads_to(const struct route *route, uint16_t model)
{
	if (atomic_load_explicit(&route->stable, memory_order_relaxed) == model)
		return true;
	return atomic_load_explicit(&route->share, memory_order_acquire) > 0 &&
		atomic_load_explicit(&route->canary, memory_order_relaxed) == model;
}
