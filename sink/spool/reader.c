#include "sink/spool/reader.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/spool/checksum.h"
#include "sink/spool/segment.h"

#define CHUNK (256u << 10)

int reader_open(struct reader *reader)
{
	reader->buffer = malloc(CHUNK);
	reader->room = CHUNK;
	return reader->buffer ? 0 : -ENOMEM;
}

void reader_close(struct reader *reader)
{
	free(reader->buffer);
	*reader = (struct reader){0};
}

void reader_begin(struct reader *reader, const struct segment *segment)
{
	reader->segment = segment;
	reader->offset = sizeof(struct spool_head);
	reader->base = reader->filled = 0;
	reader->looked = reader->cut = false;
	reader->error = 0;
	reader->failures = 0;
	reader->again = 0;
}

/* Whether `bytes` from `offset` on are in the buffer now. */
static bool fill(struct reader *reader, uint64_t bytes)
{
	const struct segment_hole *hole = segment_hole(reader->segment, reader->offset);
	const uint64_t end = hole ? hole->from : reader->segment->size;

	if (reader->offset + bytes > end)
		return false;
	if (reader->offset >= reader->base &&
		reader->offset + bytes <= reader->base + reader->filled)
		return true;
	if (bytes > reader->room) {
		uint8_t *larger = realloc(reader->buffer, bytes);

		/* What there is no memory for is not damaged: it may be read later. */
		if (!larger) {
			reader->error = ENOMEM;
			reader->bad = reader->offset;
			return false;
		}
		reader->buffer = larger;
		reader->room = bytes;
	}
	const uint64_t want =
		end - reader->offset < reader->room ? end - reader->offset : reader->room;

	reader->base = reader->offset;
	reader->filled = 0;
	/* What is read ahead may fail: it is asked for again when it is needed. */
	while (reader->filled < want) {
		const ssize_t got = pread(reader->segment->fd, reader->buffer + reader->filled,
			want - reader->filled, (off_t)(reader->base + reader->filled));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			reader->error = errno;
		if (got <= 0)
			break;
		reader->filled += (uint64_t)got;
	}
	reader->bad = reader->base + reader->filled;
	if (reader->filled >= bytes)
		reader->error = 0;
	return reader->filled >= bytes;
}

static const struct spool_record *here(const struct reader *reader)
{
	return (const struct spool_record *)(reader->buffer + (reader->offset - reader->base));
}

static bool ends(const char *words, uint16_t size)
{
	return size > 0 && memchr(words, '\0', size) == words + size - 1;
}

/* Whether a whole record begins at `offset`. */
static bool is_whole(struct reader *reader)
{
	const struct spool_record *record;

	if (!fill(reader, sizeof(*record)) || here(reader)->mark != SPOOL_MARK)
		return false;
	const uint32_t size = here(reader)->size;

	if (size < sizeof(*record) || size > SPOOL_RECORD_MOST || size % 8 != 0 ||
		!fill(reader, size))
		return false;
	record = here(reader);
	const size_t summed = offsetof(struct spool_record, size);

	if (record->checksum != spool_checksum((const uint8_t *)record + summed, size - summed, 0))
		return false;
	const struct spool_words words = spool_words(record);

	return (uint64_t)spool_record_front(record) + record->value_size <= size &&
		record->lane < GW_LANES && ends(words.camera, record->camera_size) &&
		ends(words.id, record->id_size) && ends(words.source, record->source_size) &&
		ends(words.time, record->time_size);
}

/* Goes on behind a hole that what lies at `offset` reaches into. False: there is none. */
static bool pass_hole(struct reader *reader)
{
	const struct segment_hole *hole = segment_hole(reader->segment, reader->offset);
	uint64_t need = sizeof(struct spool_record);

	if (!hole)
		return false;
	if (reader->offset + need <= hole->from && fill(reader, need) &&
		here(reader)->mark == SPOOL_MARK && here(reader)->size <= SPOOL_RECORD_MOST)
		need = here(reader)->size;
	if (reader->offset + need <= hole->from)
		return false;
	/* Records begin at multiples of 8. */
	const uint64_t beyond = (hole->to + 7) & ~(uint64_t)7;

	reader->unread += beyond - reader->offset;
	reader->offset = beyond;
	reader->cut = true;
	return true;
}

/* What is no record is damaged, or the rest of one that a hole cut. */
static void pass_over(struct reader *reader, uint64_t bytes)
{
	*(reader->cut ? &reader->unread : &reader->damaged) += bytes;
	reader->offset += bytes;
}

const struct spool_record *reader_look(struct reader *reader)
{
	reader->error = 0;
	while (!reader->looked) {
		if (pass_hole(reader))
			continue;
		if (reader->error == 0 &&
			reader->offset + sizeof(struct spool_record) > reader->segment->size) {
			if (reader->segment->former && reader->offset < reader->segment->size)
				pass_over(reader, reader->segment->size - reader->offset);
			return NULL;
		}
		reader->looked = reader->error == 0 && is_whole(reader);
		if (!reader->looked && reader->error != 0) {
			reader->failures++;
			return NULL;
		}
		if (!reader->looked)
			pass_over(reader, 8);
	}
	reader->failures = 0;
	reader->cut = false;
	return here(reader);
}

void reader_go_on(struct reader *reader)
{
	reader->offset += here(reader)->size;
	reader->looked = false;
}
