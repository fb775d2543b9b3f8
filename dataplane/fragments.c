#include "dataplane/fragments.h"

#include <string.h>

/* The list ends where the slot ends, rounded down to what its members need. */
static struct jpeg_chunk *list_end(const struct gw_frame *frame)
{
	const uintptr_t end = (uintptr_t)frame->jpeg.room + frame->jpeg.capacity;

	return (struct jpeg_chunk *)(end - end % _Alignof(struct jpeg_chunk));
}

static void note_reached(struct open_frame *open)
{
	struct gw_frame *frame = open->frame;
	const uint8_t *list = (const uint8_t *)(list_end(frame) - open->fragments);

	frame->reached_back = frame->jpeg.capacity - (uint32_t)(list - frame->jpeg.room);
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
	note_reached(open);
	return true;
}

void fragments_move(struct open_frame *open, const struct gw_frame *from)
{
	const uint32_t size = open->fragments * sizeof(struct jpeg_chunk);

	if (open->fragments == 0)
		return;
	memcpy(list_end(open->frame) - open->fragments, list_end(from) - open->fragments, size);
	open->limit -= size + _Alignof(struct jpeg_chunk);
	note_reached(open);
}

/* The member at `at` sinks below those that stand behind it. */
static void sink(struct jpeg_chunk *list, uint32_t at, uint32_t count, fragments_behind *is_behind)
{
	const struct jpeg_chunk chunk = list[at];

	for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && is_behind(&list[child + 1], &list[child]))
			child++;
		if (!is_behind(&list[child], &chunk))
			break;
		list[at] = list[child];
	}
	list[at] = chunk;
}

void fragments_sort(struct jpeg_chunk *list, uint32_t count, fragments_behind *is_behind)
{
	for (uint32_t at = count / 2; at-- > 0;)
		sink(list, at, count, is_behind);
	for (uint32_t left = count; left-- > 1;) {
		const struct jpeg_chunk last = list[left];

		list[left] = list[0];
		list[0] = last;
		sink(list, 0, left, is_behind);
	}
}

static bool is_later(const struct jpeg_chunk *a, const struct jpeg_chunk *b)
{
	return (int32_t)(a->number - b->number) > 0;
}

static bool is_further(const struct jpeg_chunk *a, const struct jpeg_chunk *b)
{
	return a->begin != b->begin ? a->begin > b->begin : is_later(a, b);
}

struct jpeg_chunk *fragments_by_place(struct open_frame *open)
{
	struct jpeg_chunk *list = list_end(open->frame) - open->fragments;

	fragments_sort(list, open->fragments, is_further);
	return list;
}

struct jpeg_chunk *fragments_by_number(struct open_frame *open)
{
	struct jpeg_chunk *list = list_end(open->frame) - open->fragments;

	fragments_sort(list, open->fragments, is_later);
	return list;
}
