#include "decode/queue.h"

#include <errno.h>
#include <stdlib.h>

int decode_queue_open(struct decode_queue *queue, uint32_t depth, struct gw_bell *back)
{
	uint64_t size = 1;

	while (size < depth)
		size <<= 1;
	queue->mask = size - 1;
	queue->back = back;
	queue->ring = calloc(size, sizeof(queue->ring[0]));
	return queue->ring ? 0 : -ENOMEM;
}

void decode_queue_close(struct decode_queue *queue)
{
	free((void *)queue->ring);
	queue->ring = NULL;
}

void decode_queue_submit(struct decode_queue *queue, struct gw_frame *const *frames, uint32_t count)
{
	uint64_t at = atomic_load_explicit(&queue->submitted, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++)
		atomic_store_explicit(
			&queue->ring[(at + i) & queue->mask], frames[i], memory_order_relaxed);
	atomic_store_explicit(&queue->submitted, at + count, memory_order_release);
	if (queue->alike)
		gw_bell_ring_for(&queue->came, count);
	else
		gw_bell_ring(&queue->came);
}

/* The ring's place may be filled again as soon as its ticket is drawn, so it is read before. */
struct gw_frame *decode_queue_draw(struct decode_queue *queue)
{
	uint64_t ticket = atomic_load_explicit(&queue->ticket, memory_order_relaxed);
	struct gw_frame *frame;

	do {
		/* What was read of `submitted` may be older than the ticket. */
		if (ticket >= atomic_load_explicit(&queue->submitted, memory_order_acquire))
			return NULL;
		frame = atomic_load_explicit(
			&queue->ring[ticket & queue->mask], memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&queue->ticket, &ticket, ticket + 1, memory_order_relaxed, memory_order_relaxed));
	return frame;
}

void decode_queue_done(struct decode_queue *queue, struct gw_frame *frame)
{
	struct gw_frame *top = atomic_load_explicit(&queue->done, memory_order_relaxed);

	do {
		frame->turn_next = top;
	} while (!atomic_compare_exchange_weak_explicit(
		&queue->done, &top, frame, memory_order_release, memory_order_relaxed));
	if (queue->back)
		gw_bell_ring(queue->back);
}

/* Takes all that is done; the oldest comes first. */
static struct gw_frame *take_done(struct decode_queue *queue)
{
	struct gw_frame *newest = NULL, *oldest = NULL;

	if (atomic_load_explicit(&queue->done, memory_order_relaxed))
		newest = atomic_exchange_explicit(&queue->done, NULL, memory_order_acquire);
	while (newest) {
		struct gw_frame *next = newest->turn_next;

		newest->turn_next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

uint32_t decode_queue_poll(struct decode_queue *queue, struct gw_frame **frames, uint32_t count)
{
	uint32_t n = 0;

	if (!queue->returned)
		queue->returned = take_done(queue);
	for (; n < count && queue->returned; n++) {
		frames[n] = queue->returned;
		queue->returned = frames[n]->turn_next;
	}
	return n;
}
