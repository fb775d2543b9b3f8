/* A ring of entries of any size, each in one piece: one thread puts them in, another takes them.
 * The memory of an entry stays until the one who puts in lets go of it, so that both can look at it
 * for as long as they need.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What every entry begins with. */
struct ring_entry {
	uint32_t room; /* bytes to the next one */
	bool filler; /* no entry: what was left at the end of the memory */
};

/* Places are bytes since the beginning: they only grow. */
struct ring {
	uint8_t *memory;
	uint64_t size; /* a power of two */
	uint64_t tail; /* the oldest that is kept; who puts in */
	_Atomic uint64_t head; /* where the next one goes; who puts in writes, the other reads */
	_Atomic uint64_t done; /* taken up to here; the other way round */
};

/* Memory is touched by use only. -ENOMEM. Close accepts one that was never opened. */
int ring_open(struct ring *ring, uint64_t size);
void ring_close(struct ring *ring);

/* Room for an entry of `size` bytes, with its ring_entry filled in; NULL: there is none before more
 * is let go of. It is no entry before ring_put(). */
void *ring_room(struct ring *ring, uint64_t size);
void ring_put(struct ring *ring, const void *entry);

/* The entry at a place or after it, where the place becomes its own; NULL at `end`. */
void *ring_at(const struct ring *ring, uint64_t *place, uint64_t end);

/* The place behind an entry. */
static inline uint64_t ring_after(uint64_t place, const void *entry)
{
	return place + ((const struct ring_entry *)entry)->room;
}
