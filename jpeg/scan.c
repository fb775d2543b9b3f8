#include "jpeg/scan.h"

#include <string.h>

#include "core/each_processor.h"
#include "core/vector.h"
#include "jpeg/marker.h"

#define BLOCK 128u

/* How many whole blocks at the beginning hold no marker: any 0xFF of the code itself is followed by
 * 0. Reads one byte beyond the blocks. */
FOR_EACH_PROCESSOR static uint32_t skip_blocks(const uint8_t *data, uint32_t size)
{
	uint32_t at = 0;

	for (; size - at > BLOCK; at += BLOCK) {
		vector_u8 found = {0};

		for (uint32_t i = 0; i < BLOCK; i += sizeof(vector_u8)) {
			vector_u8 here, next;

			memcpy(&here, data + at + i, sizeof(here));
			memcpy(&next, data + at + i + 1, sizeof(next));
			found |= (vector_u8)(here == 0xFF) & (vector_u8)(next != 0);
		}
		const vector_u64 any = (vector_u64)found;

		if (any[0] | any[1] | any[2] | any[3])
			break;
	}
	return at;
}

/* What stands at `at` and is followed by another byte. Returns false behind EOI. */
static bool look_at(const uint8_t *data, uint32_t at, struct jpeg_scan *scan)
{
	const uint8_t marker = data[at + 1];

	if (data[at] != 0xFF)
		return true;
	if (marker >= MARKER_RST0 && marker <= MARKER_RST7) {
		if (scan->restarts == 0)
			scan->first_restart = at;
		scan->in_order &= (scan->restarts & 7) == (marker & 7u);
		scan->restarts++;
	} else if (marker == MARKER_EOI) {
		scan->size = at;
		return false;
	}
	return true;
}

void jpeg_scan_look(const uint8_t *data, uint32_t size, struct jpeg_scan *scan)
{
	uint32_t at = 0;

	*scan = (struct jpeg_scan){.size = size, .in_order = true};
	while (at + 1 < size) {
		at += skip_blocks(data + at, size - at);
		for (uint32_t end = at + BLOCK; at < end && at + 1 < size; at++)
			if (!look_at(data, at, scan))
				return;
	}
}
