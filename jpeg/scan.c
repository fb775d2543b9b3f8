#include "jpeg/scan.h"

#include <string.h>

#include "core/each_processor.h"
#include "core/vector.h"
#include "jpeg/marker.h"

#define BLOCK 128u
#define VECTOR ((uint32_t)sizeof(vector_u8))

/* Notes whether a marker begins among the bytes of one vector, which are loaded into *here: any
 * 0xFF of the code itself is followed by 0, so what follows a 0xFF tells. */
static inline __attribute__((always_inline)) void note_markers(
	vector_u8 *found, vector_u8 *here, const uint8_t *data)
{
	vector_u8 next;

	memcpy(here, data, sizeof(*here));
	memcpy(&next, data + 1, sizeof(next));
	*found |= (vector_u8)(*here == 0xFF) & next;
}

static inline __attribute__((always_inline)) bool is_any(const vector_u8 *found)
{
	const vector_u64 words = (vector_u64)*found;

	return (words[0] | words[1] | words[2] | words[3]) != 0;
}

/* Returns how many bytes at the beginning surely hold no marker: up to the block in which one
 * begins, or all but the last, which another byte decides. Reads nothing beyond them. */
FOR_EACH_PROCESSOR static uint32_t skip_clean(const uint8_t *data, uint32_t size)
{
	vector_u8 here;
	uint32_t at = 0;

	if (size <= VECTOR)
		return 0;
	for (; size - at > BLOCK; at += BLOCK) {
		vector_u8 found = {0};

		for (uint32_t i = 0; i < BLOCK; i += VECTOR)
			note_markers(&found, &here, data + at + i);
		if (is_any(&found))
			return at;
	}
	vector_u8 found = {0};

	for (uint32_t i = at; i + VECTOR < size; i += VECTOR)
		note_markers(&found, &here, data + i);
	/* The last vector overlaps what was looked at. */
	note_markers(&found, &here, data + size - VECTOR - 1);
	return is_any(&found) ? at : size - 1;
}

/* Copies bytes, each of which passes through one register once. Returns whether they surely hold no
 * marker, but for the last, which another byte decides. */
FOR_EACH_PROCESSOR static bool copy_clean(
	uint8_t *restrict to, const uint8_t *restrict from, uint32_t size)
{
	vector_u8 found = {0}, here;

	if (size <= VECTOR) {
		memcpy(to, from, size);
		return false;
	}
	note_markers(&found, &here, from);
	memcpy(to, &here, VECTOR);
	/* From here on no store spans two lines. */
	for (uint32_t i = VECTOR - ((uintptr_t)to & (VECTOR - 1)); i + VECTOR < size; i += VECTOR) {
		note_markers(&found, &here, from + i);
		memcpy(to + i, &here, VECTOR);
	}
	/* The last vectors overlap what was copied and looked at. */
	note_markers(&found, &here, from + size - VECTOR - 1);
	memcpy(to + size - VECTOR, from + size - VECTOR, VECTOR);
	return !is_any(&found);
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

static void note_seen(struct jpeg_scan *scan, uint32_t seen, uint8_t last)
{
	scan->seen = seen;
	scan->open = last == 0xFF;
	if (!scan->ended)
		scan->size = seen;
}

/* Looks at `size` bytes at `bytes`, the last of which waits for the next one. They stand at
 * `begin` of the scan at `data`, too. */
static void look_through(struct jpeg_scan *scan, const uint8_t *data, uint32_t begin,
	const uint8_t *bytes, uint32_t size)
{
	uint32_t at = 0;

	while (!scan->ended && at + 1 < size) {
		at += skip_clean(bytes + at, size - at);
		const uint32_t end = size - at > BLOCK ? at + BLOCK : size - 1;

		look_at(scan, data, begin + at, begin + end);
		at = end;
	}
	note_seen(scan, begin + size, bytes[size - 1]);
}

void jpeg_scan_copy(struct jpeg_scan *scan, uint8_t *data, const uint8_t *fragment, uint32_t size)
{
	const uint32_t begin = scan->seen;

	if (size == 0)
		return;
	const bool clean = copy_clean(data + begin, fragment, size);

	/* Only now it is known what follows the last byte. */
	if (scan->open && !scan->ended)
		look_at(scan, data, begin - 1, begin);
	if (clean)
		note_seen(scan, begin + size, fragment[size - 1]);
	else
		look_through(scan, data, begin, fragment, size);
}

void jpeg_scan_look(struct jpeg_scan *scan, const uint8_t *data, uint32_t size)
{
	const uint32_t begin = scan->seen > 0 ? scan->seen - 1 : 0;

	if (size > scan->seen)
		look_through(scan, data, begin, data + begin, size - begin);
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
