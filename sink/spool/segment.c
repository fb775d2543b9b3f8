#include "sink/spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/spool/checksum.h"
#include "sink/spool/reader.h"

static const char *const kinds[] = {[SINK_RESULT] = "results", [SINK_SAMPLE] = "pictures"};

void segment_name(char name[SEGMENT_NAME], enum sink_kind kind, uint32_t number, const char *end)
{
	snprintf(name, SEGMENT_NAME, "%s-%010u.%s", kinds[kind], number, end);
}

bool segment_parse_name(const char *name, enum sink_kind *kind, uint32_t *number)
{
	for (int i = 0; i < 2; i++) {
		char again[SEGMENT_NAME], *end;
		const size_t length = strlen(kinds[i]);

		if (strncmp(name, kinds[i], length) != 0 || name[length] != '-')
			continue;
		*kind = (enum sink_kind)i;
		*number = (uint32_t)strtoul(name + length + 1, &end, 10);
		segment_name(again, *kind, *number, "seg");
		return strcmp(name, again) == 0;
	}
	return false;
}

static uint32_t head_checksum(const struct spool_head *head)
{
	return spool_checksum(head, offsetof(struct spool_head, checksum), 0);
}

static struct segment *allocate(int directory, enum sink_kind kind, uint32_t number)
{
	struct segment *segment = calloc(1, sizeof(*segment));

	if (segment) {
		segment->kind = kind;
		segment->number = number;
		segment->directory = directory;
		segment->fd = segment->done_fd = -1;
		segment->size = sizeof(struct spool_head);
	}
	return segment;
}

/* Gives up what could not be made or opened. */
static struct segment *fail(struct segment *segment, int error)
{
	segment_close(segment);
	errno = error;
	return NULL;
}

struct segment *segment_create(
	int directory, enum sink_kind kind, uint32_t number, uint32_t version, const char *boot_id)
{
	struct segment *segment = allocate(directory, kind, number);
	struct spool_head head = {
		.magic = SPOOL_MAGIC, .version = version, .kind = kind, .number = number};
	char name[SEGMENT_NAME];

	if (!segment)
		return fail(NULL, ENOMEM);
	segment_name(name, kind, number, "seg");
	snprintf(head.boot_id, sizeof(head.boot_id), "%s", boot_id);
	head.checksum = head_checksum(&head);
	segment->fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (segment->fd < 0)
		return fail(segment, errno);
	const ssize_t written = pwrite(segment->fd, &head, sizeof(head), 0);

	if (written != sizeof(head)) {
		const int error = written < 0 ? errno : ENOSPC;

		unlinkat(directory, name, 0);
		return fail(segment, error);
	}
	return segment;
}

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

/* Lines that are torn or damaged say nothing: their records come twice. */
static int read_done(struct segment *segment, bool read_only)
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

			/* No file has more records than bytes. */
			if (line->checksum == spool_checksum(&line->index, 4, 0) &&
				line->index < SPOOL_RECORD_MOST &&
				mark_done(segment, line->index) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int look_through(struct segment *segment)
{
	struct reader reader = {0};
	const struct spool_record *record;

	if (reader_open(&reader) != 0)
		return -ENOMEM;
	reader_begin(&reader, segment);
	while ((record = reader_look(&reader))) {
		segment->count++;
		segment->found += !segment_was_done(segment, record->index);
		reader_go_on(&reader);
	}
	segment->damaged = reader.damaged;
	segment->settled = segment->count - segment->found;
	const int error = reader.error;

	reader_close(&reader);
	/* With the rest unseen it would be removed too early. */
	return -error;
}

struct segment *segment_open(int directory, enum sink_kind kind, uint32_t number, bool read_only)
{
	struct segment *segment = allocate(directory, kind, number);
	struct spool_head head;
	struct stat info;
	char name[SEGMENT_NAME];

	if (!segment)
		return fail(NULL, ENOMEM);
	segment_name(name, kind, number, "seg");
	segment->former = true;
	segment->fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (segment->fd < 0 || fstat(segment->fd, &info) != 0)
		return fail(segment, errno);
	const ssize_t got = pread(segment->fd, &head, sizeof(head), 0);

	if (got < 0)
		return fail(segment, errno);
	if (got == sizeof(head) && memcmp(head.magic, SPOOL_MAGIC, sizeof(head.magic)) == 0 &&
		head.checksum == head_checksum(&head) &&
		(head.version < SPOOL_VERSION_JSON || head.version > SPOOL_VERSION))
		return fail(segment, EPROTO);
	/* A head that is damaged does not make its records worse: they have checksums of their own.
	 */
	segment->size = (uint64_t)info.st_size;
	if (!S_ISREG(info.st_mode) || segment->size < sizeof(head))
		return fail(segment, EBADMSG);
	int status = read_done(segment, read_only);

	if (status == 0)
		status = look_through(segment);
	return status == 0 ? segment : fail(segment, -status);
}

void segment_close(struct segment *segment)
{
	if (!segment)
		return;
	if (segment->fd >= 0)
		close(segment->fd);
	if (segment->done_fd >= 0)
		close(segment->done_fd);
	free(segment->done);
	free(segment);
}

void segment_remove(struct segment *segment)
{
	char name[SEGMENT_NAME];

	/* In this order: what is left after a kill in between is a second file alone, which says
	 * nothing. */
	segment_name(name, segment->kind, segment->number, "seg");
	unlinkat(segment->directory, name, 0);
	segment_name(name, segment->kind, segment->number, "done");
	unlinkat(segment->directory, name, 0);
	segment_close(segment);
}

int segment_write(struct segment *segment, struct iovec *parts, int count, uint64_t bytes)
{
	uint64_t written = 0;

	while (written < bytes) {
		const ssize_t got =
			pwritev(segment->fd, parts, count, (off_t)(segment->size + written));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			const int status = got < 0 ? -errno : -ENOSPC;

			/* What got in is no record; the next write covers it in any case. */
			if (ftruncate(segment->fd, (off_t)segment->size) != 0)
				return status;
			return status;
		}
		written += (uint64_t)got;
		for (size_t rest = (size_t)got; rest > 0 && count > 0;) {
			const size_t step = rest < parts->iov_len ? rest : parts->iov_len;

			parts->iov_base = (uint8_t *)parts->iov_base + step;
			parts->iov_len -= step;
			rest -= step;
			if (parts->iov_len == 0) {
				parts++;
				count--;
			}
		}
	}
	segment->size += bytes;
	return 0;
}

int segment_sync(struct segment *segment)
{
	return fdatasync(segment->fd) == 0 ? 0 : -errno;
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
