#include "sink/spool/ring.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define ALIGNED 16u

int ring_open(struct ring *ring, uint64_t size)
{
	ring->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ring->size = size;
	if (ring->memory != MAP_FAILED)
		return 0;
	ring->memory = NULL;
	return -ENOMEM;
}

void ring_close(struct ring *ring)
{
	if (ring->memory)
		munmap(ring->memory, ring->size);
	ring->memory = NULL;
}

void *ring_room(struct ring *ring, uint64_t size)
{
	const uint64_t room = (size + ALIGNED - 1) & ~(uint64_t)(ALIGNED - 1);
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	const uint64_t at = head & (ring->size - 1), rest = ring->size - at;
	struct ring_entry *entry = (struct ring_entry *)(ring->memory + at);

	if (room > ring->size)
		return NULL;
	if (room > rest) {
		if (head + rest + room - ring->tail > ring->size)
			return NULL;
		*entry = (struct ring_entry){.room = (uint32_t)rest, .filler = true};
		atomic_store_explicit(&ring->head, head + rest, memory_order_release);
		head += rest;
		entry = (struct ring_entry *)ring->memory;
	}
	if (head + room - ring->tail > ring->size)
		return NULL;
	*entry = (struct ring_entry){.room = (uint32_t)room};
	return entry;
}

void ring_put(struct ring *ring, const void *entry)
{
	atomic_store_explicit(&ring->head,
		ring_after(atomic_load_explicit(&ring->head, memory_order_relaxed), entry),
		memory_order_release);
}

void *ring_at(const struct ring *ring, uint64_t *place, uint64_t end)
{
	while (*place < end) {
		struct ring_entry *entry =
			(struct ring_entry *)(ring->memory + (*place & (ring->size - 1)));

		if (!entry->filler)
			return entry;
		*place = ring_after(*place, entry);
	}
	return NULL;
}
