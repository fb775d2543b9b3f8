/* What sampled pictures may take while they wait for the back-end. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"

/* Of all lanes: brokers that are away hold the samples of all of them. Every lane writes, for a
 * sample and not for a frame. All zero at the start but for the bounds. */
struct room {
	const struct gw_pool *pool;
	uint32_t budget; /* samples that may wait */
	bool unbounded; /* a replay has no brokers, and leaves no picture out */
	_Atomic uint32_t samples; /* that wait */
	_Atomic uint32_t kept[GW_SIZE_CLASSES]; /* slots that they keep */
};

/* Takes room for a sample that keeps a slot of the class: so many as the budget allows, and never
 * more than half of a class, though of each at least one, so that brokers that are away do not eat
 * the pool. False: there is none. Lane. */
bool room_take(struct room *room, uint32_t size_class);

/* A sample is through: gives up its reference to the frame, and its room. Lane. */
void room_leave(struct room *room, struct gw_frame *frame);
