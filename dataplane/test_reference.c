#include "dataplane/test_reference.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/test_picture.h"

#define MOST_PACKETS 4096
#define MOST_NUMBERS 1024
#define MOST_BYTES (1u << 24)

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
	struct test_tables tables;
	const uint8_t *data;
	uint32_t size;
};

struct reference {
	uint32_t count; /* ever; the newest MOST_PACKETS are kept */
	struct kept packet[MOST_PACKETS];
};

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
				(uint16_t)test_picture_number(at + done + i * width, width);
		kept->tables.count = t < 2 ? t + 1 : 2;
		done += 64u * (uint32_t)width;
	}
	return true;
}

static bool read_jpeg(struct kept *kept, const uint8_t *at, uint32_t size)
{
	if (size < 8)
		return false;
	kept->offset = test_picture_number(at + 1, 3);
	kept->type = at[4];
	kept->q = at[5];
	kept->width = at[6] * 8u;
	kept->height = at[7] * 8u;
	at += 8;
	size -= 8;
	if (kept->type >= 64) {
		if (size < 4)
			return false;
		kept->interval = test_picture_number(at, 2);
		at += 4;
		size -= 4;
	}
	if (kept->q >= 128 && kept->offset == 0) {
		if (size < 4 || test_picture_number(at + 2, 2) > size - 4)
			return false;
		const uint32_t length = test_picture_number(at + 2, 2);

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
	kept->number = (uint16_t)test_picture_number(rtp + 2, 2);
	kept->timestamp = test_picture_number(rtp + 4, 4);
	kept->ssrc = test_picture_number(rtp + 8, 4);
	if (rtp[0] & 16 && begin + 4 <= size)
		begin += 4 + 4 * test_picture_number(rtp + begin + 2, 2);
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
	const struct reference *reference, uint32_t age, const struct test_picture *picture)
{
	const struct kept *first = kept_at(reference, age);
	struct test_tables computed;
	const struct kept *nearest = NULL;
	bool is_newest = true;

	if (first->q < 128) {
		if (first->q == 0 || first->q > 99)
			return false;
		test_tables_compute(first->q, &computed);
		return test_tables_are_same(&computed, &picture->tables);
	}
	if (first->has_tables)
		return first->tables.count > 0 &&
			test_tables_are_same(&first->tables, &picture->tables);
	for (uint32_t back = age; back < kept_count(reference); back++) {
		const struct kept *kept = kept_at(reference, back);

		if (kept->ssrc != first->ssrc || !kept->is_jpeg || kept->offset != 0 ||
			kept->q != first->q || kept->tables.count == 0)
			continue;
		if (is_newest && test_tables_are_same(&kept->tables, &picture->tables))
			return true;
		is_newest = false;
		if ((int16_t)(first->number - kept->number) >= 0 &&
			(!nearest || (int16_t)(kept->number - nearest->number) > 0))
			nearest = kept;
	}
	return nearest && test_tables_are_same(&nearest->tables, &picture->tables);
}

static bool restarts_are_right(const struct kept *first, const struct test_picture *picture)
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

/* What the packets from one beginning on say. */
struct whole {
	uint8_t *bytes;
	bool *known;
	uint32_t room;
};

static void add(struct whole *whole, const struct kept *kept)
{
	const uint32_t end = kept->offset + kept->size;

	if (kept->size == 0)
		return;
	if (end > whole->room) {
		whole->bytes = realloc(whole->bytes, end);
		whole->known = realloc(whole->known, end);
		memset(whole->known + whole->room, 0, end - whole->room);
		whole->room = end;
	}
	assert(whole->bytes && whole->known);
	memcpy(whole->bytes + kept->offset, kept->data, kept->size);
	memset(whole->known + kept->offset, true, kept->size);
}

static bool belongs(
	const struct kept *kept, const struct kept *first, const struct test_picture *picture)
{
	if (!kept->is_jpeg || kept->timestamp != first->timestamp || kept->type != first->type ||
		kept->payload_type != first->payload_type || kept->offset + kept->size > MOST_BYTES)
		return false;
	for (uint32_t i = 0; i < kept->size && kept->offset + i < picture->scan_size; i++)
		if (kept->data[i] != picture->scan[kept->offset + i])
			return false;
	return true;
}

static bool is_complete(
	const struct whole *whole, const struct test_picture *picture, uint32_t size)
{
	if (size < picture->scan_size || size > whole->room)
		return false;
	for (uint32_t i = 0; i < size; i++)
		if (!whole->known[i])
			return false;
	return test_picture_is_tail(whole->bytes + picture->scan_size, size - picture->scan_size);
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
static bool runs_through(const struct reference *reference, const struct kept *first,
	const struct test_picture *picture)
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
	struct test_picture picture;
	const char *wrong = test_picture_open(&picture, jpeg, size);
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
