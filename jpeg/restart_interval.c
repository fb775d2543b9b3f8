#include "jpeg/restart_interval.h"

#include <stdbool.h>

#include "jpeg/huffman.h"

enum { COEFFICIENTS = 64, ZERO_RUN = 15 };

/* Entropy-coded data, bit by bit, without the zeros that are stuffed after 0xFF. */
struct bits {
	const uint8_t *at, *end;
	uint32_t byte;
	uint32_t left; /* bits of `byte` */
	bool over; /* read past the end */
};

static uint32_t next_bit(struct bits *bits)
{
	if (bits->left == 0) {
		if (bits->at == bits->end) {
			bits->over = true;
			return 0;
		}
		bits->byte = *bits->at++;
		if (bits->byte == 0xFF && bits->at < bits->end && *bits->at == 0)
			bits->at++;
		bits->left = 8;
	}
	return bits->byte >> --bits->left & 1;
}

/* Nothing but the 1 bits that fill the last byte is left, fewer than any MCU has, and the bytes
 * that some senders fill up with: zero and 0xFF. */
static bool only_fill_left(const struct bits *bits)
{
	const uint32_t mask = (1u << bits->left) - 1;
	const uint8_t *at = bits->at;

	while (at < bits->end && (*at == 0 || *at == 0xFF))
		at++;
	return at == bits->end && (bits->byte & mask) == mask;
}

/* Reads one code (T.81, F.2.2.3). Returns its value, or 256 when there is none. */
static uint32_t next_value(struct bits *bits, const uint8_t *table)
{
	const uint8_t *values = table + JPEG_CODE_LENGTHS;
	uint32_t code = 0, first = 0;

	for (int length = 0; length < JPEG_CODE_LENGTHS; length++) {
		code = code << 1 | next_bit(bits);
		first <<= 1;
		if (code - first < table[length])
			return values[code - first];
		values += table[length];
		first += table[length];
	}
	return 256;
}

static bool skip_block(struct bits *bits, const uint8_t *dc, const uint8_t *ac)
{
	uint32_t size = next_value(bits, dc);

	if (size > 11)
		return false;
	while (size-- > 0)
		next_bit(bits);
	for (uint32_t i = 1; i < COEFFICIENTS; i++) {
		const uint32_t value = next_value(bits, ac);

		if (value > 255)
			return false;
		const uint32_t run = value >> 4;

		size = value & 15;
		if (size == 0 && run != ZERO_RUN)
			break; /* end of block */
		i += run;
		if (i >= COEFFICIENTS)
			return false;
		while (size-- > 0)
			next_bit(bits);
	}
	return !bits->over;
}

static bool skip_mcu(struct bits *bits, uint8_t subsampling)
{
	const int luma = subsampling == 0 ? 2 : 4;

	for (int i = 0; i < luma; i++)
		if (!skip_block(bits, jpeg_dc_luma, jpeg_ac_luma))
			return false;
	return skip_block(bits, jpeg_dc_chroma, jpeg_ac_chroma) &&
		skip_block(bits, jpeg_dc_chroma, jpeg_ac_chroma);
}

/* Counts the MCUs before the first marker, as long as there are no more than `most`. */
static uint32_t count_mcus(
	const uint8_t *data, const struct jpeg_scan *scan, uint8_t subsampling, uint32_t most)
{
	struct bits bits = {.at = data, .end = data + scan->first_restart};
	uint32_t count = 0;

	while (!only_fill_left(&bits)) {
		if (count == most || !skip_mcu(&bits, subsampling))
			return 0;
		count++;
	}
	return count;
}

uint32_t restart_interval_mcus(const struct restart_picture *picture)
{
	const uint32_t mcu_height = picture->subsampling == 0 ? 8 : 16;

	return ((picture->width + 15u) / 16) * ((picture->height + mcu_height - 1) / mcu_height);
}

uint32_t restart_interval_markers(const struct restart_picture *picture, uint16_t interval)
{
	return (restart_interval_mcus(picture) - 1) / interval;
}

/* The number of markers leaves few intervals to choose from. */
static uint32_t count_interval(
	const uint8_t *data, const struct jpeg_scan *scan, const struct restart_picture *picture)
{
	const uint32_t total = restart_interval_mcus(picture);

	if (scan->restarts == 0 || scan->restarts >= total)
		return 0;
	const uint32_t least = total / (scan->restarts + 1) + (total % (scan->restarts + 1) > 0);
	const uint32_t most = (total - 1) / scan->restarts;

	if (least > most || least > UINT16_MAX || scan->first_restart > RESTART_INTERVAL_LIMIT)
		return 0;
	const uint32_t count = count_mcus(data, scan, picture->subsampling, most);

	return count >= least && count <= UINT16_MAX ? count : 0;
}

uint16_t restart_interval_find(
	const uint8_t *data, const struct jpeg_scan *scan, const struct restart_picture *picture)
{
	return scan->out_of_order ? 0 : (uint16_t)count_interval(data, scan, picture);
}
