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
	reader->looked = false;
	reader->error = 0;
	reader->failures = 0;
	reader->again = 0;
}

/* Whether `bytes` from `offset` on are in the buffer now. */
static bool fill(struct reader *reader, uint64_t bytes)
{
	const uint64_t end = reader->segment->size;

	if (reader->offset + bytes > end)
		return false;
	if (reader->offset >= reader->base &&
		reader->offset + bytes <= reader->base + reader->filled)
		return true;
	if (bytes > reader->room) {
		uint8_t *larger = realloc(reader->buffer, bytes);

		if (!larger)
			return false;
		reader->buffer = larger;
		reader->room = bytes;
	}
	const uint64_t want =
		end - reader->offset < reader->room ? end - reader->offset : reader->room;

	reader->base = reader->offset;
	reader->filled = 0;
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

const struct spool_record *reader_look(struct reader *reader)
{
	reader->error = 0;
	while (!reader->looked) {
		if (reader->offset + sizeof(struct spool_record) > reader->segment->size) {
			if (reader->segment->former && reader->offset < reader->segment->size) {
				reader->damaged += reader->segment->size - reader->offset;
				reader->offset = reader->segment->size;
			}
			return NULL;
		}
		reader->looked = is_whole(reader);
		if (!reader->looked && reader->error != 0) {
			reader->failures++;
			return NULL;
		}
		if (!reader->looked) {
			reader->damaged += 8;
			reader->offset += 8;
		}
	}
	reader->failures = 0;
	return here(reader);
}

void reader_go_on(struct reader *reader)
{
	reader->offset += here(reader)->size;
	reader->looked = false;
}
