#include "dataplane/fragments.h"

#include <string.h>

/* The list ends where the slot ends, rounded down to what its members need. */
static struct jpeg_chunk *list_end(const struct gw_frame *frame)
{
	const uintptr_t end = (uintptr_t)frame->jpeg.room + frame->jpeg.capacity;

	return (struct jpeg_chunk *)(end - end % _Alignof(struct jpeg_chunk));
}

bool fragments_add(struct open_frame *open, const struct jpeg_chunk *chunk, uint32_t coming)
{
	/* The first one also pays for the rounding. */
	const uint32_t cost =
		sizeof(*chunk) + (open->fragments == 0 ? _Alignof(struct jpeg_chunk) : 0);

	if (open->limit < coverage_end(&open->coverage) + coming + cost)
		return false;
	open->limit -= cost;
	open->fragments++;
	list_end(open->frame)[-(ptrdiff_t)open->fragments] = *chunk;
	return true;
}

void fragments_move(struct open_frame *open, const struct gw_frame *from)
{
	const uint32_t size = open->fragments * sizeof(struct jpeg_chunk);

	if (open->fragments == 0)
		return;
	memcpy(list_end(open->frame) - open->fragments, list_end(from) - open->fragments, size);
	open->limit -= size + _Alignof(struct jpeg_chunk);
}

static bool is_behind(const struct jpeg_chunk *a, const struct jpeg_chunk *b, bool by_number)
{
	return by_number ? (int32_t)(a->number - b->number) > 0 : a->begin > b->begin;
}

static struct jpeg_chunk *sort(struct open_frame *open, bool by_number)
{
	struct jpeg_chunk *list = list_end(open->frame) - open->fragments;

	/* They stand in the order of arrival, the last one first: nearly sorted the other way
	 * round. */
	for (uint32_t i = 0; i < open->fragments / 2; i++) {
		const struct jpeg_chunk swap = list[i];

		list[i] = list[open->fragments - 1 - i];
		list[open->fragments - 1 - i] = swap;
	}
	for (uint32_t i = 1; i < open->fragments; i++) {
		const struct jpeg_chunk chunk = list[i];
		uint32_t k = i;

		for (; k > 0 && is_behind(&list[k - 1], &chunk, by_number); k--)
			list[k] = list[k - 1];
		list[k] = chunk;
	}
	return list;
}

struct jpeg_chunk *fragments_by_place(struct open_frame *open)
{
	return sort(open, false);
}

struct jpeg_chunk *fragments_by_number(struct open_frame *open)
{
	return sort(open, true);
}
