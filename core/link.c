#include "core/link.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CACHE_LINE 64

struct gw_link {
	/* Written by the producer, read by the consumer. */
	_Alignas(CACHE_LINE) _Atomic uint32_t head;
	/* The producer's last look at `tail`. */
	uint32_t tail_seen;
	/* Written by the consumer, read by the producer. */
	_Alignas(CACHE_LINE) _Atomic uint32_t tail;
	/* The consumer's last look at `head`. */
	uint32_t head_seen;
	/* Read-only after creation. */
	_Alignas(CACHE_LINE) uint32_t mask;
	const char *name;
	struct gw_frame *slot[];
};

struct gw_link *gw_link_create(const char *name, uint32_t frames)
{
	uint32_t size = 1;

	while (size < frames)
		size <<= 1;
	size_t bytes = sizeof(struct gw_link) + size * sizeof(struct gw_frame *);
	struct gw_link *link =
		aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
	if (!link)
		return NULL;
	atomic_init(&link->head, 0);
	atomic_init(&link->tail, 0);
	link->tail_seen = 0;
	link->head_seen = 0;
	link->mask = size - 1;
	link->name = name;
	return link;
}

void gw_link_destroy(struct gw_link *link)
{
	free(link);
}

void gw_link_push(struct gw_link *link, struct gw_frame *const *frames, uint32_t count)
{
	uint32_t head = atomic_load_explicit(&link->head, memory_order_relaxed);

	if (head - link->tail_seen + count > link->mask + 1) {
		link->tail_seen = atomic_load_explicit(&link->tail, memory_order_acquire);
		if (head - link->tail_seen + count > link->mask + 1) {
			fprintf(stderr, "link %s: more frames than there are\n", link->name);
			abort();
		}
	}
	for (uint32_t i = 0; i < count; i++)
		link->slot[(head + i) & link->mask] = frames[i];
	atomic_store_explicit(&link->head, head + count, memory_order_release);
}

uint32_t gw_link_pop(struct gw_link *link, struct gw_frame **frames, uint32_t count)
{
	uint32_t tail = atomic_load_explicit(&link->tail, memory_order_relaxed);
	uint32_t ready = link->head_seen - tail;

	if (ready < count) {
		link->head_seen = atomic_load_explicit(&link->head, memory_order_acquire);
		ready = link->head_seen - tail;
	}
	if (count > ready)
		count = ready;
	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		frames[i] = link->slot[(tail + i) & link->mask];
	atomic_store_explicit(&link->tail, tail + count, memory_order_release);
	return count;
}

uint32_t gw_link_count(const struct gw_link *link)
{
	uint32_t tail = atomic_load_explicit(&link->tail, memory_order_acquire);

	return atomic_load_explicit(&link->head, memory_order_acquire) - tail;
}
