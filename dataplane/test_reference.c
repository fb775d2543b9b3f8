#include "dataplane/test_reference.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PACKETS 4096
#define MOST_NUMBERS 1024
#define MOST_BYTES (1u << 24)

struct tables {
	int count; /* 1 or 2; 0: none */
	uint16_t value[2][64];
};

struct kept {
	uint8_t *bytes; /* owned */
	uint16_t number;
	uint32_t timestamp, ssrc;
	uint8_t payload_type;
	bool marker;

	/* What RFC 2435 says of the payload, if it can be read as that. */
	bool is_jpeg;
	uint8_t type, q;
	uint32_t offset, width, height, interval;
	bool has_tables;
	struct tables tables;
	const uint8_t *data;
	uint32_t size;
};

struct reference {
	uint32_t count; /* ever; the newest MOST_PACKETS are kept */
	struct kept packet[MOST_PACKETS];
};

/* The picture that is judged, taken apart. */
struct picture {
	uint32_t width, height, interval;
	uint8_t sampling;
	struct tables tables;
	const uint8_t *scan;
	uint32_t scan_size;
};

static uint32_t number_at(const uint8_t *at, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

struct reference *reference_create(void)
{
	return calloc(1, sizeof(struct reference));
}

void reference_destroy(struct reference *reference)
{
	for (uint32_t i = 0; i < MOST_PACKETS; i++)
		free(reference->packet[i].bytes);
	free(reference);
}

/* RFC 2435, 3.1.8: a bit of the precision per table says that its values have 16 bits. */
static bool read_tables(struct kept *kept, uint32_t precision, const uint8_t *at, uint32_t size)
{
	uint32_t done = 0;

	for (int t = 0; done < size; t++) {
		const int width = precision >> t & 1 ? 2 : 1;

		if (size - done < 64u * (uint32_t)width || t == 8)
			return false;
		for (int i = 0; t < 2 && i < 64; i++)
			kept->tables.value[t][i] =
				(uint16_t)number_at(at + done + i * width, width);
		kept->tables.count = t < 2 ? t + 1 : 2;
		done += 64u * (uint32_t)width;
	}
	return true;
}

static bool read_jpeg(struct kept *kept, const uint8_t *at, uint32_t size)
{
	if (size < 8)
		return false;
	kept->offset = number_at(at + 1, 3);
	kept->type = at[4];
	kept->q = at[5];
	kept->width = at[6] * 8u;
	kept->height = at[7] * 8u;
	at += 8;
	size -= 8;
	if (kept->type >= 64) {
		if (size < 4)
			return false;
		kept->interval = number_at(at, 2);
		at += 4;
		size -= 4;
	}
	if (kept->q >= 128 && kept->offset == 0) {
		if (size < 4 || number_at(at + 2, 2) > size - 4)
			return false;
		const uint32_t length = number_at(at + 2, 2);

		kept->has_tables = length > 0;
		if (!read_tables(kept, at[1], at + 4, length))
			kept->tables.count = 0;
		at += 4 + length;
		size -= 4 + length;
	}
	kept->data = at;
	kept->size = size;
	return true;
}

void reference_take(struct reference *reference, const uint8_t *rtp, uint32_t size)
{
	if (size < 12 || rtp[0] >> 6 != 2)
		return;
	struct kept *kept = &reference->packet[reference->count++ % MOST_PACKETS];
	uint32_t begin = 12 + 4u * (rtp[0] & 15);

	free(kept->bytes);
	memset(kept, 0, sizeof(*kept));
	kept->bytes = malloc(size);
	memcpy(kept->bytes, rtp, size);
	kept->marker = rtp[1] >> 7;
	kept->payload_type = rtp[1] & 127;
	kept->number = (uint16_t)number_at(rtp + 2, 2);
	kept->timestamp = number_at(rtp + 4, 4);
	kept->ssrc = number_at(rtp + 8, 4);
	if (rtp[0] & 16 && begin + 4 <= size)
		begin += 4 + 4 * number_at(rtp + begin + 2, 2);
	if (begin > size)
		return;
	size -= begin;
	if (rtp[0] & 32) {
		const uint8_t padding = size > 0 ? rtp[begin + size - 1] : 0;

		if (padding == 0 || padding > size)
			return;
		size -= padding;
	}
	kept->is_jpeg = read_jpeg(kept, kept->bytes + begin, size);
}

static const char *read_segment(
	struct picture *picture, uint8_t marker, const uint8_t *at, uint32_t size)
{
	switch (marker) {
	case 0xDB:
		for (uint32_t i = 0; i < size;) {
			const int width = at[i] >> 4 ? 2 : 1, t = at[i] & 15;

			if (t > 1 || size - i < 1 + 64u * (uint32_t)width)
				return "a table that is none";
			for (int k = 0; k < 64; k++)
				picture->tables.value[t][k] =
					(uint16_t)number_at(at + i + 1 + k * width, width);
			picture->tables.count =
				t + 1 > picture->tables.count ? t + 1 : picture->tables.count;
			i += 1 + 64u * (uint32_t)width;
		}
		return NULL;
	case 0xC0:
	case 0xC1:
		if (size != 15 || at[5] != 3)
			return "a frame header that is none";
		picture->height = number_at(at + 1, 2);
		picture->width = number_at(at + 3, 2);
		picture->sampling = at[7];
		return NULL;
	case 0xDD:
		picture->interval = number_at(at, 2);
		return NULL;
	default:
		return NULL;
	}
}

static const char *take_apart(struct picture *picture, const uint8_t *jpeg, uint32_t size)
{
	uint32_t at = 2;
	uint8_t marker = 0;

	memset(picture, 0, sizeof(*picture));
	if (size < 4 || number_at(jpeg, 2) != 0xFFD8 || number_at(jpeg + size - 2, 2) != 0xFFD9)
		return "not from SOI to EOI";
	while (marker != 0xDA) {
		if (at + 4 > size || jpeg[at] != 0xFF)
			return "segments that do not end in a scan";
		const uint32_t length = number_at(jpeg + at + 2, 2);

		marker = jpeg[at + 1];
		if (length < 2 || at + 2 + length > size)
			return "a segment beyond the end";
		const char *wrong = read_segment(picture, marker, jpeg + at + 4, length - 2);

		if (wrong)
			return wrong;
		at += 2 + length;
	}
	picture->scan = jpeg + at;
	picture->scan_size = size - 2 - at;
	return NULL;
}

/* RFC 2435, 4.2 and appendix A: the tables of Annex K, in zigzag order, by a factor. */
static void compute_tables(int q, struct tables *tables)
{
	static const uint8_t luma[64] = {16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24,
		40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72,
		92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
		121, 112, 100, 120, 92, 101, 103, 99};
	static const uint8_t chroma[14] = {17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66};
	const int factor = q < 50 ? 5000 / q : 200 - 2 * q;

	tables->count = 2;
	for (int t = 0; t < 2; t++) {
		for (int i = 0; i < 64; i++) {
			const int base = t == 0 ? luma[i] : i < 14 ? chroma[i] : 99;
			const int value = (base * factor + 50) / 100;

			tables->value[t][i] = (uint16_t)(value < 1 ? 1 : value > 255 ? 255 : value);
		}
	}
}

static bool same_tables(const struct tables *a, const struct tables *b)
{
	/* One table is for all components. */
	for (int t = 0; t < 2; t++)
		if (memcmp(a->value[a->count == 1 ? 0 : t], b->value[b->count == 1 ? 0 : t],
			    sizeof(a->value[0])) != 0)
			return false;
	return a->count > 0 && b->count > 0;
}

static const struct kept *kept_at(const struct reference *reference, uint32_t back)
{
	return &reference->packet[(reference->count - 1 - back) % MOST_PACKETS];
}

static uint32_t kept_count(const struct reference *reference)
{
	return reference->count < MOST_PACKETS ? reference->count : MOST_PACKETS;
}

/* Whether the tables are those that the beginning brings, which came as the last but `age`, or, by
 * its Q, some packet brought before: the last one to come, or the last one by its number. */
static bool tables_are_right(
	const struct reference *reference, uint32_t age, const struct picture *picture)
{
	const struct kept *first = kept_at(reference, age);
	struct tables computed;
	const struct kept *nearest = NULL;
	bool is_newest = true;

	if (first->q < 128) {
		if (first->q == 0 || first->q > 99)
			return false;
		compute_tables(first->q, &computed);
		return same_tables(&computed, &picture->tables);
	}
	if (first->has_tables)
		return first->tables.count > 0 && same_tables(&first->tables, &picture->tables);
	for (uint32_t back = age; back < kept_count(reference); back++) {
		const struct kept *kept = kept_at(reference, back);

		if (kept->ssrc != first->ssrc || !kept->is_jpeg || kept->offset != 0 ||
			kept->q != first->q || kept->tables.count == 0)
			continue;
		if (is_newest && same_tables(&kept->tables, &picture->tables))
			return true;
		is_newest = false;
		if ((int16_t)(first->number - kept->number) >= 0 &&
			(!nearest || (int16_t)(kept->number - nearest->number) > 0))
			nearest = kept;
	}
	return nearest && same_tables(&nearest->tables, &picture->tables);
}

static bool restarts_are_right(const struct kept *first, const struct picture *picture)
{
	const uint32_t rows = first->type & 1 ? 16 : 8;
	const uint32_t units = (picture->width + 15) / 16 * ((picture->height + rows - 1) / rows);
	uint32_t restarts = 0;

	for (uint32_t i = 0; i + 1 < picture->scan_size; i++) {
		if (picture->scan[i] != 0xFF)
			continue;
		if (picture->scan[i + 1] == 0xD9)
			return false;
		if (picture->scan[i + 1] >= 0xD0 && picture->scan[i + 1] <= 0xD7)
			if ((restarts++ & 7) != (picture->scan[i + 1] & 7u))
				return false;
	}
	if (first->interval > 0 && picture->interval != first->interval)
		return false;
	if (picture->interval == 0)
		return restarts == 0;
	return restarts == (units + picture->interval - 1) / picture->interval - 1;
}

/* What may follow the scan without changing a pixel: filling, a last RSTn, EOI and anything. */
static bool is_tail(const uint8_t *at, uint32_t size)
{
	bool had_restart = false;

	while (size > 0) {
		if (at[0] != 0xFF)
			return false;
		if (size == 1)
			return true;
		if (at[1] == 0xD9)
			return true;
		if (at[1] >= 0xD0 && at[1] <= 0xD7) {
			if (had_restart)
				return false;
			had_restart = true;
			at++;
			size--;
		}
		at++;
		size--;
	}
	return true;
}

/* What the packets from one beginning on say. */
struct whole {
	uint8_t *bytes;
	bool *known;
	uint32_t room;
};

static void add(struct whole *whole, const struct kept *kept)
{
	const uint32_t end = kept->offset + kept->size;

	if (end > whole->room) {
		whole->bytes = realloc(whole->bytes, end);
		whole->known = realloc(whole->known, end);
		memset(whole->known + whole->room, 0, end - whole->room);
		whole->room = end;
	}
	memcpy(whole->bytes + kept->offset, kept->data, kept->size);
	memset(whole->known + kept->offset, true, kept->size);
}

static bool belongs(
	const struct kept *kept, const struct kept *first, const struct picture *picture)
{
	if (!kept->is_jpeg || kept->timestamp != first->timestamp || kept->type != first->type ||
		kept->payload_type != first->payload_type || kept->offset + kept->size > MOST_BYTES)
		return false;
	for (uint32_t i = 0; i < kept->size && kept->offset + i < picture->scan_size; i++)
		if (kept->data[i] != picture->scan[kept->offset + i])
			return false;
	return true;
}

static bool is_complete(const struct whole *whole, const struct picture *picture, uint32_t size)
{
	if (size < picture->scan_size || size > whole->room)
		return false;
	for (uint32_t i = 0; i < size; i++)
		if (!whole->known[i])
			return false;
	return is_tail(whole->bytes + picture->scan_size, size - picture->scan_size);
}

/* Whether the number is the beginning of something else. */
static bool begins_another(const struct reference *reference, uint32_t ssrc, uint16_t number)
{
	for (uint32_t back = 0; back < kept_count(reference); back++) {
		const struct kept *kept = kept_at(reference, back);

		if (kept->ssrc == ssrc && kept->number == number && kept->is_jpeg &&
			kept->offset == 0)
			return true;
	}
	return false;
}

/* Follows the numbers from a beginning on, until all that came under one of them is the end of a
 * picture, or the beginning of another. */
static bool runs_through(
	const struct reference *reference, const struct kept *first, const struct picture *picture)
{
	struct whole whole = {0};
	bool is_right = false, goes_on = true;

	for (uint32_t step = 0; step < MOST_NUMBERS && goes_on && !is_right; step++) {
		const uint16_t number = (uint16_t)(first->number + step);

		goes_on = false;
		for (uint32_t back = 0; back < kept_count(reference) && !is_right; back++) {
			const struct kept *kept = kept_at(reference, back);

			if (kept->ssrc != first->ssrc || kept->number != number)
				continue;
			goes_on |= !kept->is_jpeg ||
				(!kept->marker && (step == 0 || kept->offset != 0));
			if (!belongs(kept, first, picture))
				continue;
			add(&whole, kept);
			is_right = (kept->marker ||
					   begins_another(reference, first->ssrc,
						   (uint16_t)(number + 1))) &&
				is_complete(&whole, picture, kept->offset + kept->size);
		}
	}
	free(whole.bytes);
	free(whole.known);
	return is_right;
}

const char *reference_judge(const struct reference *reference, uint32_t ssrc, uint32_t timestamp,
	const uint8_t *jpeg, uint32_t size)
{
	struct picture picture;
	const char *wrong = take_apart(&picture, jpeg, size);
	bool has_begun = false;

	if (wrong)
		return wrong;
	wrong = "no packet with that timestamp and offset 0 was delivered";
	for (uint32_t back = 0; back < kept_count(reference); back++) {
		const struct kept *first = kept_at(reference, back);

		if (first->ssrc != ssrc || first->timestamp != timestamp || !first->is_jpeg ||
			first->offset != 0)
			continue;
		if (!has_begun)
			wrong = "no packet with offset 0 says that size, sampling and tables";
		has_begun = true;
		if (picture.width != first->width || picture.height != first->height ||
			picture.sampling != (first->type & 1 ? 0x22 : 0x21) ||
			!tables_are_right(reference, back, &picture) ||
			!restarts_are_right(first, &picture))
			continue;
		wrong = "the packets that came do not say those bytes without a hole";
		if (runs_through(reference, first, &picture))
			return NULL;
	}
	return wrong;
}
