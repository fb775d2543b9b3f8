/* Puts the restart intervals that arrived in their places, and something else in place of those
 * that were lost (ITU-T T.81, B.2.1; RFC 2435, 3.1.7): each begins with its prediction at 0, so
 * one may stand for another. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "jpeg/restart_interval.h"

/* A fragment of the scan. */
struct jpeg_chunk {
	uint32_t number; /* of its packet; not looked at here */
	uint32_t begin, size;
	uint16_t restart_count; /* of the first interval in its chunk */
	bool is_first, is_last; /* of its chunk */
};

/* Where an interval stands. */
struct jpeg_interval {
	uint32_t begin, size; /* size 0: it did not come */
};

/* Writes the scan that `chunks` are parts of to `out`, which has room for `room` bytes. The chunks
 * are in the order of their places in `data`. `intervals` has room for one more than
 * restart_interval_markers() says. In place of a lost interval stands the one above it, another
 * one near it, or grey. Any thread.
 *
 * Returns the number of bytes; 0 when fewer than half of the intervals came, the chunks make no
 * sense, or the room does not suffice. */
uint32_t jpeg_conceal(const struct restart_picture *picture, uint16_t interval, const uint8_t *data,
	const struct jpeg_chunk *chunks, uint32_t count, struct jpeg_interval *intervals,
	uint8_t *out, uint32_t room);
