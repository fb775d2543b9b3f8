#include "core/order.h"

#include <stddef.h>

static void append(struct gw_frame **first, struct gw_frame **last, struct gw_frame *frame)
{
	frame->order_next = NULL;
	if (*first)
		(*last)->order_next = frame;
	else
		*first = frame;
	*last = frame;
}

void gw_order_add(struct gw_order *order, struct gw_frame *frame)
{
	frame->order_done = false;
	append(&order->camera[frame->camera].first, &order->camera[frame->camera].last, frame);
	order->inside++;
}

void gw_order_done(struct gw_order *order, struct gw_frame *frame)
{
	struct gw_frame **first = &order->camera[frame->camera].first;

	frame->order_done = true;
	while (*first && (*first)->order_done) {
		struct gw_frame *ready = *first;

		*first = ready->order_next;
		append(&order->ready_first, &order->ready_last, ready);
	}
}

uint32_t gw_order_take(struct gw_order *order, struct gw_frame **frames, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && order->ready_first) {
		frames[n] = order->ready_first;
		order->ready_first = frames[n++]->order_next;
	}
	order->inside -= n;
	return n;
}
