#include "accel/heads/best.h"

#include <stdbool.h>

static bool is_worse(const struct candidate *a, const struct candidate *b)
{
	if (a->confidence < b->confidence)
		return true;
	return !(a->confidence > b->confidence) && a->order > b->order;
}

static void sink_down(struct candidate *heap, uint32_t count, uint32_t at)
{
	const struct candidate moving = heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= count)
			break;
		if (child + 1 < count && is_worse(&heap[child + 1], &heap[child]))
			child++;
		if (!is_worse(&heap[child], &moving))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

static void rise(struct candidate *heap, uint32_t at)
{
	const struct candidate moving = heap[at];

	while (at > 0 && is_worse(&moving, &heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = moving;
}

void best_keep(struct best *best, const struct candidate *candidate)
{
	if (best->count < CANDIDATES) {
		best->list[best->count++] = *candidate;
		rise(best->list, best->count - 1);
	} else if (is_worse(&best->list[0], candidate)) {
		best->list[0] = *candidate;
		sink_down(best->list, CANDIDATES, 0);
	}
}

void best_sort(struct best *best)
{
	struct candidate *list = best->list;

	for (uint32_t left = best->count; left > 1; left--) {
		const struct candidate worst = list[0];

		list[0] = list[left - 1];
		sink_down(list, left - 1, 0);
		list[left - 1] = worst;
	}
}
