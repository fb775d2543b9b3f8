#include "jpeg/conceal.h"

#include <string.h>

#include "jpeg/marker.h"

#define NO_INTERVAL UINT32_MAX

/* An MCU of grey: for each block a DC difference of 0 and the end of the block, in the codes of
 * Annex K (00 and 1010 for luma, 00 and 00 for chroma). */
#define GREY_LUMA_BITS 6
#define GREY_CHROMA_BITS 4

/* What is known while the chunks are walked through. */
struct walk {
	const uint8_t *data;
	struct jpeg_interval *intervals;
	uint32_t wanted, found;
	uint32_t number; /* of the interval that is under way, or NO_INTERVAL */
	uint32_t begin; /* where it begins */
	uint32_t seen; /* bytes that were looked at */
};

static bool is_marker(const uint8_t *at, uint8_t first, uint8_t last)
{
	return at[0] == 0xFF && at[1] >= first && at[1] <= last;
}

/* The interval that is under way ends here; the next one begins at `next`. */
static void end_interval(struct walk *walk, uint32_t end, uint32_t next)
{
	if (walk->number < walk->wanted && end > walk->begin &&
		walk->intervals[walk->number].size == 0) {
		walk->intervals[walk->number] =
			(struct jpeg_interval){walk->begin, end - walk->begin};
		walk->found++;
	}
	walk->number++;
	walk->begin = next;
}

static void begin_chunk(struct walk *walk, const struct jpeg_chunk *chunk)
{
	walk->number = chunk->restart_count;
	walk->begin = walk->seen = chunk->begin;
	/* Some senders cut before the marker that ends the interval before. */
	if (chunk->size >= 2 && is_marker(walk->data + chunk->begin, MARKER_RST0, MARKER_RST7)) {
		walk->begin += 2;
		walk->seen += 2;
	}
}

/* Steps from marker to marker up to `end`. */
static void walk_markers(struct walk *walk, uint32_t end)
{
	while (walk->number != NO_INTERVAL && walk->seen + 1 < end) {
		const uint8_t *from = walk->data + walk->seen;
		const uint8_t *ff = memchr(from, 0xFF, end - 1 - walk->seen);

		if (!ff) {
			walk->seen = end - 1;
			return;
		}
		const uint32_t at = (uint32_t)(ff - walk->data);

		walk->seen = at + 1;
		if (is_marker(ff, MARKER_EOI, MARKER_EOI)) {
			end_interval(walk, at, at);
			walk->number = NO_INTERVAL;
		} else if (is_marker(ff, MARKER_RST0, MARKER_RST7)) {
			walk->seen = at + 2;
			if ((ff[1] & 7u) == (walk->number & 7u))
				end_interval(walk, at, at + 2);
			else
				walk->number = NO_INTERVAL;
		}
	}
}

static void find_intervals(struct walk *walk, const struct jpeg_chunk *chunks, uint32_t count)
{
	uint32_t end = 0;

	walk->number = NO_INTERVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (chunks[i].begin != end)
			walk->number = NO_INTERVAL;
		if (chunks[i].is_first)
			begin_chunk(walk, &chunks[i]);
		end = chunks[i].begin + chunks[i].size;
		walk_markers(walk, end);
		if (chunks[i].is_last && walk->number != NO_INTERVAL) {
			end_interval(walk, end, end);
			walk->number = NO_INTERVAL;
		}
	}
}

/* How many intervals further the same place one row below is. */
static uint32_t row_step(const struct restart_picture *picture, uint16_t interval)
{
	const uint32_t row = (picture->width + 15u) / 16;

	return interval < row && row % interval == 0 ? row / interval : 1;
}

/* The interval that may stand for a lost one: it must hold as many MCUs, which the last one need
 * not. NO_INTERVAL: none came. */
static uint32_t find_substitute(
	const struct walk *walk, uint32_t lost, uint32_t step, bool last_is_short)
{
	const uint32_t wanted = walk->wanted - last_is_short;

	for (uint32_t distance = step; distance < walk->wanted; distance += step) {
		if (lost >= distance && walk->intervals[lost - distance].size > 0)
			return lost - distance;
		if (lost + distance < wanted && walk->intervals[lost + distance].size > 0)
			return lost + distance;
	}
	return NO_INTERVAL;
}

/* Returns how many bytes it takes, 0: more than there is room for. */
static uint32_t put_grey(
	uint8_t *out, uint32_t room, const struct restart_picture *picture, uint32_t mcus)
{
	const uint32_t luma = picture->subsampling == 0 ? 2 : 4;
	uint32_t bits = 0, held = 0, size = 0;

	if (room < mcus * (luma * GREY_LUMA_BITS + 2 * GREY_CHROMA_BITS) / 8 + 1)
		return 0;
	for (uint32_t i = 0; i < mcus * (luma + 2); i++) {
		const bool is_luma = i % (luma + 2) < luma;

		bits = is_luma ? bits << GREY_LUMA_BITS | 0xA : bits << GREY_CHROMA_BITS;
		held += is_luma ? GREY_LUMA_BITS : GREY_CHROMA_BITS;
		if (held >= 8) {
			held -= 8;
			out[size++] = (uint8_t)(bits >> held);
		}
	}
	if (held > 0)
		out[size++] = (uint8_t)(bits << (8 - held) | (0xFFu >> held));
	return size;
}

uint32_t jpeg_conceal(const struct restart_picture *picture, uint16_t interval, const uint8_t *data,
	const struct jpeg_chunk *chunks, uint32_t count, struct jpeg_interval *intervals,
	uint8_t *out, uint32_t room)
{
	const uint32_t markers = restart_interval_markers(picture, interval);
	const uint32_t last_mcus = restart_interval_mcus(picture) - markers * interval;
	const uint32_t step = row_step(picture, interval);
	struct walk walk = {.data = data, .intervals = intervals, .wanted = markers + 1};
	uint32_t size = 0;

	memset(intervals, 0, walk.wanted * sizeof(*intervals));
	find_intervals(&walk, chunks, count);
	if (walk.found * 2 < walk.wanted)
		return 0;
	for (uint32_t i = 0; i < walk.wanted; i++) {
		const bool is_short = i == markers && last_mcus < interval;
		uint32_t from = i;

		if (intervals[i].size == 0)
			from = is_short ? NO_INTERVAL
					: find_substitute(&walk, i, step, last_mcus < interval);
		if (from == NO_INTERVAL) {
			const uint32_t grey = put_grey(
				out + size, room - size, picture, is_short ? last_mcus : interval);

			if (grey == 0)
				return 0;
			size += grey;
		} else {
			if (intervals[from].size > room - size)
				return 0;
			memcpy(out + size, data + intervals[from].begin, intervals[from].size);
			size += intervals[from].size;
		}
		if (i == markers)
			break;
		if (room - size < 2)
			return 0;
		out[size++] = 0xFF;
		out[size++] = (uint8_t)(MARKER_RST0 + (i & 7));
	}
	return size;
}
