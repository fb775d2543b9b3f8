#include "sink/spool/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

static void append(struct shelf *shelf, struct segment *segment)
{
	if (shelf->newest)
		shelf->newest->newer = segment;
	else
		shelf->oldest = segment;
	shelf->newest = segment;
	shelf->bytes += segment->size;
}

/* Of one that is in no list. What cannot be removed takes room for as long as it is there; but
 * where nothing is ever removed or written, there is nobody to wait for that room. */
static void retire(struct shelf *shelf, struct segment *segment)
{
	if (segment_remove(segment) == 0 || segment->read_only) {
		segment_close(segment);
		return;
	}
	segment->newer = shelf->left;
	shelf->left = segment;
	shelf->bytes += segment->size;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The numbers of the files that are there, a new array. Returns how many, or a negative errno. */
static int list(const struct shelf *shelf, uint32_t **numbers)
{
	const int again = dup(shelf->directory);
	DIR *directory = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	uint32_t *all = NULL;
	int count = 0;

	*numbers = NULL;
	if (!directory)
		return -errno;
	rewinddir(directory);
	while ((entry = readdir(directory))) {
		enum sink_kind kind;
		uint32_t number, *more;

		if (!segment_parse_name(entry->d_name, &kind, &number) || kind != shelf->kind)
			continue;
		more = realloc(all, (size_t)(count + 1) * sizeof(*all));
		if (!more) {
			free(all);
			closedir(directory);
			return -ENOMEM;
		}
		all = more;
		all[count++] = number;
	}
	closedir(directory);
	if (all)
		qsort(all, (size_t)count, sizeof(*all), by_number);
	*numbers = all;
	return count;
}

static int take_in(struct shelf *shelf, uint32_t number, bool read_only, struct shelf_found *found)
{
	struct segment *segment = segment_open(shelf->directory, shelf->kind, number, read_only);
	char name[SEGMENT_NAME];

	segment_name(name, shelf->kind, number, "seg");
	if (!segment && errno == ENOMEM)
		return -ENOMEM;
	if (!segment) {
		const int error = errno;

		if (error != EPROTO && error != EBADMSG) {
			found->failed++;
			found->failed_error = error;
			memcpy(found->failed_name, name, sizeof(name));
		}
		found->unreadable++;
		snprintf(found->words, sizeof(found->words), "%s: %s", name,
			error == EPROTO            ? "it is of another version"
				: error == EBADMSG ? "it has no beginning"
						   : strerror(error));
		return 0;
	}
	found->files++;
	found->records += segment->found;
	found->bytes += segment->size;
	found->damaged += segment->damaged;
	found->missed += segment->missed;
	found->missed_bytes += segment->partial ? segment_hole_bytes(segment) : 0;
	found->partial += segment->partial;
	if (segment_is_over(segment) && !read_only)
		retire(shelf, segment);
	else
		append(shelf, segment);
	return 0;
}

/* Of a file that is there; 0: nobody knows. */
static uint64_t file_bytes(const struct shelf *shelf, uint32_t number)
{
	char name[SEGMENT_NAME];
	struct stat is;

	segment_name(name, shelf->kind, number, "seg");
	return fstatat(shelf->directory, name, &is, 0) == 0 ? (uint64_t)is.st_size : 0;
}

int shelf_open(struct shelf *shelf, bool read_only, struct shelf_found *found)
{
	uint32_t *numbers;
	int count = list(shelf, &numbers), status = count < 0 ? count : 0;
	uint64_t all = 0, done = 0;

	shelf->first = 1;
	for (int i = 0; numbers && i < count; i++)
		all += file_bytes(shelf, numbers[i]);
	for (int i = 0; numbers && i < count && status == 0; i++) {
		/* It may be gone then. */
		done += file_bytes(shelf, numbers[i]);
		status = take_in(shelf, numbers[i], read_only, found);
		shelf->was_read(shelf->owner, shelf->kind, done, all);
		shelf->first = numbers[i] + 1;
	}
	shelf->next = shelf->first;
	shelf->former_found = found->records;
	free(numbers);
	return status;
}

static void close_list(struct segment *segment, bool read_only)
{
	struct segment *newer;

	for (; segment; segment = newer) {
		newer = segment->newer;
		if (segment_is_over(segment) && !read_only)
			(void)segment_remove(segment);
		segment_close(segment);
	}
}

void shelf_close(struct shelf *shelf, bool read_only)
{
	close_list(shelf->oldest, read_only);
	close_list(shelf->left, read_only);
	shelf->oldest = shelf->newest = shelf->left = NULL;
}

static bool is_open(const struct shelf *shelf, const struct segment *segment)
{
	return segment == shelf->newest && !segment->former && !segment->closed &&
		segment->size < shelf->segment_size;
}

static void take_out(struct shelf *shelf, struct segment *segment)
{
	struct segment **at = &shelf->oldest, *before = NULL;

	shelf->leaving(shelf->owner, segment);
	while (*at != segment) {
		before = *at;
		at = &(*at)->newer;
	}
	*at = segment->newer;
	if (shelf->newest == segment)
		shelf->newest = before;
	shelf->bytes -= segment->size;
}

void shelf_forget(struct shelf *shelf, struct segment *segment)
{
	take_out(shelf, segment);
	segment_close(segment);
}

static void remove_over(struct shelf *shelf, struct segment *segment)
{
	take_out(shelf, segment);
	retire(shelf, segment);
}

int shelf_remove_left(struct shelf *shelf)
{
	struct segment **at = &shelf->left;
	int status = 0;

	while (*at) {
		struct segment *segment = *at;
		const int one = segment_remove(segment);

		status = status == 0 ? one : status;
		if (one != 0) {
			at = &segment->newer;
			continue;
		}
		*at = segment->newer;
		shelf->bytes -= segment->size;
		segment_close(segment);
	}
	return status;
}

struct segment *shelf_open_segment(struct shelf *shelf)
{
	struct segment *last = shelf->newest;

	if (last && is_open(shelf, last))
		return last;
	struct segment *segment = segment_create(
		shelf->directory, shelf->kind, shelf->next, shelf->version, shelf->boot_id);

	if (!segment)
		return NULL;
	shelf->next++;
	/* What is done already had to wait until it was not the one that is written to. */
	if (last && segment_is_over(last)) {
		append(shelf, segment);
		remove_over(shelf, last);
		return segment;
	}
	append(shelf, segment);
	return segment;
}

void shelf_end_segment(struct shelf *shelf)
{
	struct segment *last = shelf->newest;

	last->closed = true;
	if (segment_is_over(last))
		remove_over(shelf, last);
}

struct segment *shelf_find(const struct shelf *shelf, uint32_t number)
{
	struct segment *segment = shelf->oldest;

	while (segment && segment->number < number)
		segment = segment->newer;
	return segment && segment->number == number ? segment : NULL;
}

void shelf_done(struct shelf *shelf, uint32_t number, uint32_t index)
{
	struct segment *segment = shelf_find(shelf, number);

	if (number < shelf->first)
		shelf->former_over++;
	if (!segment)
		return;
	/* A file that cannot be written to costs records that come twice: the thread tells. */
	segment_done(segment, index);
	if (segment_is_over(segment) && !is_open(shelf, segment))
		remove_over(shelf, segment);
}

int shelf_flush(struct shelf *shelf)
{
	int status = 0;

	for (struct segment *segment = shelf->oldest; segment; segment = segment->newer) {
		const int one = segment_flush(segment);

		status = status == 0 ? one : status;
	}
	return status;
}
