#include <string.h>

#include "sink/spool/segment.h"

#define BLOCK 4096u
#define STEP_MOST (1u << 20)

const struct segment_hole *segment_hole(const struct segment *segment, uint64_t offset)
{
	for (uint32_t i = 0; i < segment->hole_count; i++)
		if (segment->holes[i].to > offset)
			return &segment->holes[i];
	return NULL;
}

/* One that was made longer takes in those that it reaches. */
static void join(struct segment *segment, uint32_t i)
{
	struct segment_hole *holes = segment->holes;

	/* No record fits behind it. */
	if (holes[i].to + sizeof(struct spool_record) > segment->size)
		holes[i].to = segment->size;
	while (i + 1 < segment->hole_count && holes[i + 1].from <= holes[i].to) {
		if (holes[i].to < holes[i + 1].to)
			holes[i].to = holes[i + 1].to;
		segment->hole_count--;
		memmove(&holes[i + 1], &holes[i + 2],
			(segment->hole_count - i - 1) * sizeof(*holes));
	}
}

void segment_add_hole(struct segment *segment, uint64_t at)
{
	struct segment_hole *holes = segment->holes;
	uint32_t i = 0;

	while (i < segment->hole_count && holes[i].to < at)
		i++;
	if (i < segment->hole_count && holes[i].from <= at) {
		const uint64_t length = holes[i].to - holes[i].from;

		holes[i].to += length < STEP_MOST ? length : STEP_MOST;
	} else if (segment->hole_count == SEGMENT_HOLES && i < SEGMENT_HOLES) {
		holes[i].from = at;
	} else if (segment->hole_count == SEGMENT_HOLES) {
		holes[--i].to = segment->size;
	} else {
		memmove(&holes[i + 1], &holes[i], (segment->hole_count - i) * sizeof(*holes));
		segment->hole_count++;
		holes[i] = (struct segment_hole){.from = at, .to = (at / BLOCK + 1) * BLOCK};
	}
	join(segment, i);
}

uint64_t segment_hole_bytes(const struct segment *segment)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < segment->hole_count; i++)
		bytes += segment->holes[i].to - segment->holes[i].from;
	return bytes;
}
