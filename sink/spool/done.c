#include "sink/spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/spool/checksum.h"

static int mark_done(struct segment *segment, uint32_t index)
{
	if (index >= segment->done_room) {
		const uint32_t room = (index | 4095) + 1;
		uint8_t *done = realloc(segment->done, room / 8);

		if (!done)
			return -ENOMEM;
		memset(done + segment->done_room / 8, 0, (room - segment->done_room) / 8);
		segment->done = done;
		segment->done_room = room;
	}
	segment->done[index / 8] |= (uint8_t)(1u << index % 8);
	return 0;
}

bool segment_was_done(const struct segment *segment, uint32_t index)
{
	return index < segment->done_room && segment->done[index / 8] & 1u << index % 8;
}

int segment_read_done(struct segment *segment, bool read_only)
{
	char name[SEGMENT_NAME];
	ssize_t got;

	segment_name(name, segment->kind, segment->number, "done");
	segment->done_fd = openat(
		segment->directory, name, (read_only ? O_RDONLY : O_RDWR | O_APPEND) | O_CLOEXEC);
	if (segment->done_fd < 0)
		return 0;
	while ((got = read(segment->done_fd, segment->lines, sizeof(segment->lines))) > 0) {
		for (size_t i = 0; i < (size_t)got / sizeof(struct spool_done); i++) {
			const struct spool_done *line = &segment->lines[i];

			/* Lines that are torn or damaged say nothing: their records come twice. No
			 * file has more records than bytes. */
			if (line->checksum == spool_checksum(&line->index, 4, 0) &&
				line->index < SPOOL_RECORD_MOST &&
				mark_done(segment, line->index) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

int segment_flush(struct segment *segment)
{
	const size_t bytes = segment->line_count * sizeof(struct spool_done);
	char name[SEGMENT_NAME];

	segment->line_count = 0;
	if (bytes == 0)
		return 0;
	if (segment->done_fd < 0) {
		segment_name(name, segment->kind, segment->number, "done");
		segment->done_fd = openat(
			segment->directory, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	}
	if (segment->done_fd < 0)
		return -errno;
	const ssize_t written = write(segment->done_fd, segment->lines, bytes);

	if (written == (ssize_t)bytes)
		return 0;
	const int status = written < 0 ? -errno : -ENOSPC;
	const off_t end = lseek(segment->done_fd, 0, SEEK_END);

	/* Lines are found by their place: a torn one would hide all after it. */
	if (end > 0 && end % (off_t)sizeof(struct spool_done) != 0 &&
		ftruncate(segment->done_fd, end - end % (off_t)sizeof(struct spool_done)) != 0)
		return -errno;
	return status;
}

int segment_done(struct segment *segment, uint32_t index)
{
	struct spool_done line = {.index = index, .checksum = spool_checksum(&index, 4, 0)};

	segment->settled++;
	segment->lines[segment->line_count++] = line;
	return segment->line_count == sizeof(segment->lines) / sizeof(segment->lines[0])
		? segment_flush(segment)
		: 0;
}
