#include "jpeg/scan.h"

#include <string.h>

#include "core/each_processor.h"
#include "core/vector.h"
#include "jpeg/marker.h"

#define BLOCK 128u
#define VECTOR ((uint32_t)sizeof(vector_u8))

/* Notes whether a marker begins among the bytes of one vector: any 0xFF of the code itself is
 * followed by 0. */
static inline __attribute__((always_inline)) void note_markers(
	vector_u8 *found, const uint8_t *data)
{
	vector_u8 here, next;

	memcpy(&here, data, sizeof(here));
	memcpy(&next, data + 1, sizeof(next));
	*found |= (vector_u8)(here == 0xFF) & (vector_u8)(next != 0);
}

static inline __attribute__((always_inline)) bool is_any(const vector_u8 *found)
{
	const vector_u64 words = (vector_u64)*found;

	return (words[0] | words[1] | words[2] | words[3]) != 0;
}

/* Copies blocks up to and with the first one in which a marker begins, and one byte more. Returns
 * how many bytes before that one hold no marker. Fewer bytes than a block and one are left alone.
 */
FOR_EACH_PROCESSOR static uint32_t copy_blocks(uint8_t *to, const uint8_t *from, uint32_t size)
{
	uint32_t at = 0;

	for (; size - at > BLOCK; at += BLOCK) {
		vector_u8 found = {0};

		for (uint32_t i = 0; i < BLOCK; i += VECTOR) {
			memcpy(to + at + i, from + at + i, VECTOR);
			note_markers(&found, from + at + i);
		}
		if (is_any(&found)) {
			to[at + BLOCK] = from[at + BLOCK];
			break;
		}
	}
	return at;
}

/* Whether a marker begins among all but the last of `size` bytes, more than one vector. */
FOR_EACH_PROCESSOR static bool holds_marker(const uint8_t *data, uint32_t size)
{
	const uint32_t last = size - VECTOR - 1;
	vector_u8 found = {0};

	for (uint32_t at = 0; at < last; at += VECTOR)
		note_markers(&found, data + at);
	note_markers(&found, data + last);
	return is_any(&found);
}

/* Looks at begin .. end - 1, each of which another byte follows. */
static void look_at(struct jpeg_scan *scan, const uint8_t *data, uint32_t begin, uint32_t end)
{
	while (begin < end) {
		const uint8_t *ff = memchr(data + begin, 0xFF, end - begin);

		if (!ff)
			return;
		const uint32_t at = (uint32_t)(ff - data);
		const uint8_t marker = data[at + 1];

		if (marker >= MARKER_RST0 && marker <= MARKER_RST7) {
			if (scan->restarts == 0)
				scan->first_restart = at;
			scan->last_restart = at;
			scan->out_of_order |= (scan->restarts & 7) != (marker & 7u);
			scan->restarts++;
		} else if (marker == MARKER_EOI) {
			scan->size = at;
			scan->ended = true;
			return;
		} else if (marker != 0 && marker != 0xFF && !scan->foreign) {
			scan->foreign = true;
			scan->foreign_at = at;
		}
		begin = at + 1;
	}
}

/* What is left, begin .. end - 2: fewer bytes than two blocks. */
static void look_at_tail(struct jpeg_scan *scan, const uint8_t *data, uint32_t begin, uint32_t end)
{
	if (end - begin <= VECTOR || holds_marker(data + begin, end - begin))
		look_at(scan, data, begin, end - 1);
}

static void note_seen(struct jpeg_scan *scan, uint32_t seen)
{
	scan->seen = seen;
	if (!scan->ended)
		scan->size = seen;
}

void jpeg_scan_copy(struct jpeg_scan *scan, uint8_t *data, const uint8_t *fragment, uint32_t size)
{
	const uint32_t begin = scan->seen;
	uint32_t at = 0;

	if (size == 0)
		return;
	/* Only now it is known what follows the last byte. */
	if (begin > 0 && data[begin - 1] == 0xFF && !scan->ended) {
		data[begin] = fragment[0];
		look_at(scan, data, begin - 1, begin);
	}
	while (!scan->ended && size - at > BLOCK) {
		at += copy_blocks(data + begin + at, fragment + at, size - at);
		if (size - at <= BLOCK)
			break;
		look_at(scan, data, begin + at, begin + at + BLOCK);
		at += BLOCK;
	}
	memcpy(data + begin + at, fragment + at, size - at);
	if (!scan->ended)
		look_at_tail(scan, data, begin + at, begin + size);
	note_seen(scan, begin + size);
}

/* How many whole blocks at the beginning hold no marker. Reads one byte beyond the blocks. */
static uint32_t skip_blocks(const uint8_t *data, uint32_t size)
{
	uint32_t at = 0;

	while (size - at > BLOCK && !holds_marker(data + at, BLOCK + 1))
		at += BLOCK;
	return at;
}

void jpeg_scan_look(struct jpeg_scan *scan, const uint8_t *data, uint32_t size)
{
	uint32_t at = scan->seen > 0 ? scan->seen - 1 : 0;

	if (size <= scan->seen)
		return;
	while (!scan->ended && size - at > BLOCK) {
		at += skip_blocks(data + at, size - at);
		if (size - at <= BLOCK)
			break;
		look_at(scan, data, at, at + BLOCK);
		at += BLOCK;
	}
	if (!scan->ended)
		look_at(scan, data, at, size - 1);
	note_seen(scan, size);
}

void jpeg_scan_trim(struct jpeg_scan *scan, const uint8_t *data)
{
	if (scan->restarts == 0)
		return;
	for (uint32_t at = scan->last_restart + 2; at < scan->size; at++)
		if (data[at] != 0 && data[at] != 0xFF)
			return;
	scan->size = scan->last_restart;
	scan->restarts--;
}
