#include "sink/room.h"

/* Takes one of `most` places, also when other lanes want the last one. */
static bool take_place(_Atomic uint32_t *taken, uint32_t most)
{
	uint32_t now = atomic_load_explicit(taken, memory_order_relaxed);

	while (now < most)
		if (atomic_compare_exchange_weak_explicit(
			    taken, &now, now + 1, memory_order_relaxed, memory_order_relaxed))
			return true;
	return false;
}

static void leave_place(_Atomic uint32_t *taken)
{
	atomic_fetch_sub_explicit(taken, 1, memory_order_relaxed);
}

bool room_take(struct room *room, uint32_t size_class)
{
	const uint32_t half = (gw_pool_class_size(room->pool, size_class) + 1) / 2;

	/* The class first: one that is full takes no place from the others, not even while it finds
	 * out. */
	if (!take_place(&room->kept[size_class], room->unbounded ? UINT32_MAX : half))
		return false;
	if (take_place(&room->samples, room->unbounded ? UINT32_MAX : room->budget))
		return true;
	leave_place(&room->kept[size_class]);
	return false;
}

void room_leave(struct room *room, struct gw_frame *frame)
{
	const uint32_t size_class = frame->size_class;

	/* The slot goes first: whoever gets its place may keep another one. */
	gw_frame_unref(frame);
	leave_place(&room->kept[size_class]);
	leave_place(&room->samples);
}
