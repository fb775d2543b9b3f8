#include "dataplane/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int recorder_open(struct recorder *recorder, uint64_t size)
{
	if (recorder->ring)
		return 0;
	recorder->ring = malloc(size);
	recorder->size = size;
	return recorder->ring ? 0 : -ENOMEM;
}

void recorder_close(struct recorder *recorder)
{
	free(recorder->ring);
	recorder->ring = NULL;
}

void recorder_begin(struct recorder *recorder, uint32_t camera)
{
	atomic_store(&recorder->taken, 0);
	atomic_store(&recorder->dropped, 0);
	atomic_store(&recorder->tail, atomic_load(&recorder->head));
	atomic_store_explicit(&recorder->camera, camera, memory_order_release);
}

void recorder_end(struct recorder *recorder)
{
	atomic_store(&recorder->camera, RECORDER_NOBODY);
}

/* Around the end of the ring. */
static void copy_in(struct recorder *recorder, uint64_t at, const void *data, uint64_t size)
{
	const uint64_t begin = at & (recorder->size - 1), left = recorder->size - begin;
	const uint64_t first = size < left ? size : left;

	memcpy(recorder->ring + begin, data, first);
	memcpy(recorder->ring, (const uint8_t *)data + first, size - first);
}

static void copy_out(const struct recorder *recorder, uint64_t at, void *data, uint64_t size)
{
	const uint64_t begin = at & (recorder->size - 1), left = recorder->size - begin;
	const uint64_t first = size < left ? size : left;

	memcpy(data, recorder->ring + begin, first);
	memcpy((uint8_t *)data + first, recorder->ring, size - first);
}

void recorder_put(struct recorder *recorder, const uint8_t *data, uint32_t size, int64_t utc)
{
	const uint64_t head = atomic_load_explicit(&recorder->head, memory_order_relaxed);
	const uint64_t tail = atomic_load_explicit(&recorder->tail, memory_order_acquire);
	const struct recorded recorded = {size, utc};
	const uint64_t whole = sizeof(recorded) + size;

	/* Nobody else writes them. */
	if (head - tail + whole > recorder->size) {
		atomic_store_explicit(&recorder->dropped,
			atomic_load_explicit(&recorder->dropped, memory_order_relaxed) + 1,
			memory_order_relaxed);
		return;
	}
	copy_in(recorder, head, &recorded, sizeof(recorded));
	copy_in(recorder, head + sizeof(recorded), data, size);
	atomic_store_explicit(&recorder->taken,
		atomic_load_explicit(&recorder->taken, memory_order_relaxed) + 1,
		memory_order_relaxed);
	atomic_store_explicit(&recorder->head, head + whole, memory_order_release);
}

bool recorder_take(
	struct recorder *recorder, struct recorded *recorded, uint8_t *data, uint32_t room)
{
	const uint64_t head = atomic_load_explicit(&recorder->head, memory_order_acquire);
	const uint64_t tail = atomic_load_explicit(&recorder->tail, memory_order_relaxed);

	if (head == tail)
		return false;
	copy_out(recorder, tail, recorded, sizeof(*recorded));
	const uint64_t whole = sizeof(*recorded) + recorded->size;

	if (recorded->size > room)
		recorded->size = room;
	copy_out(recorder, tail + sizeof(*recorded), data, recorded->size);
	atomic_store_explicit(&recorder->tail, tail + whole, memory_order_release);
	return true;
}
