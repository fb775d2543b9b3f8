/* For a stage that works on several frames at once: each camera's frames go out as they came in,
 * and no camera waits for another.
 *
 * The links are in the frames: nothing is allocated, every call takes constant time, but for the
 * frames that a call sets free. All zero is an order without frames. One thread.
 */
#pragma once

#include <stdint.h>

#include "core/config/config.h"
#include "core/frame.h"

struct gw_order {
	struct {
		struct gw_frame *first, *last;
	} camera[GW_CAMERAS];
	/* Done, and everything before them too. */
	struct gw_frame *ready_first, *ready_last;
	uint32_t inside; /* frames that were added and not taken */
};

/* The frame came in. It may be in one order at a time. */
void gw_order_add(struct gw_order *order, struct gw_frame *frame);

/* The frame may go on as soon as its camera's older ones do. */
void gw_order_done(struct gw_order *order, struct gw_frame *frame);

/* Takes up to `count` frames that may go on; each camera's come in their order. Returns how many.
 */
uint32_t gw_order_take(struct gw_order *order, struct gw_frame **frames, uint32_t count);
