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

/* At the start the disk is asked so often for what it does not give. */
#define READS 3

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

/* How many records that are to be sent are missing before `index`, and lie in a hole of `bytes`. */
static uint32_t count_missed(
	const struct segment *segment, uint32_t next, uint32_t index, uint64_t bytes)
{
	const uint64_t most = next + bytes / sizeof(struct spool_record) + 1;
	uint32_t missed = 0;

	for (; next < index && next < most; next++)
		missed += !segment_was_done(segment, next);
	return missed;
}

static int look_through(struct segment *segment)
{
	struct reader reader = {0};
	const struct spool_record *record;
	uint64_t passed = 0;
	uint32_t next = 0;

	if (reader_open(&reader) != 0)
		return -ENOMEM;
	reader_begin(&reader, segment);
	while ((record = reader_look(&reader)) || reader.error != 0) {
		if (!record) {
			segment->unread = reader.error;
			if (reader.failures >= READS)
				segment_add_hole(segment, reader.bad);
			continue;
		}
		if (reader.unread > passed)
			segment->missed +=
				count_missed(segment, next, record->index, reader.unread - passed);
		passed = reader.unread;
		next = record->index + 1;
		segment->count++;
		segment->found += !segment_was_done(segment, record->index);
		reader_go_on(&reader);
	}
	/* What lies behind the last one nobody knows. */
	segment->partial = segment->missed > 0 || reader.unread > passed;
	if (!segment->partial)
		segment->unread = 0;
	segment->damaged = reader.damaged;
	segment->settled = segment->count - segment->found;
	reader_close(&reader);
	return 0;
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
	segment->read_only = read_only;
	segment->fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (segment->fd < 0 || fstat(segment->fd, &info) != 0)
		return fail(segment, errno);
	/* What it begins with may be unreadable: then so are the first records, and no more. */
	const ssize_t got = pread(segment->fd, &head, sizeof(head), 0);

	if (got == sizeof(head) && memcmp(head.magic, SPOOL_MAGIC, sizeof(head.magic)) == 0 &&
		head.checksum == head_checksum(&head) &&
		(head.version < SPOOL_VERSION_JSON || head.version > SPOOL_VERSION))
		return fail(segment, EPROTO);
	/* A head that is damaged does not make its records worse: they have checksums of their own.
	 */
	segment->size = (uint64_t)info.st_size;
	if (!S_ISREG(info.st_mode) || segment->size < sizeof(head))
		return fail(segment, EBADMSG);
	int status = segment_read_done(segment, read_only);

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

int segment_remove(struct segment *segment)
{
	char name[SEGMENT_NAME];
	int status = 0;

	/* In this order: what is left after a kill in between is a second file alone, which says
	 * nothing. One that stays keeps what says that nothing of it is to be sent. */
	segment_name(name, segment->kind, segment->number, "seg");
	if (unlinkat(segment->directory, name, 0) == 0 || errno == ENOENT) {
		segment_name(name, segment->kind, segment->number, "done");
		unlinkat(segment->directory, name, 0);
	} else {
		status = -errno;
		if (!segment->read_only)
			(void)segment_flush(segment);
	}
	return status;
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

int segment_sync_file(int fd, int directory)
{
	if (fdatasync(fd) != 0)
		return -errno;
	/* Some file systems have no such thing. */
	return directory < 0 || fsync(directory) == 0 || errno == EINVAL ? 0 : -errno;
}

int segment_sync(const struct segment *segment)
{
	return segment_sync_file(segment->fd, segment->listed ? -1 : segment->directory);
}

bool segment_is_over(const struct segment *segment)
{
	return segment->settled >= segment->count && !segment->partial;
}
