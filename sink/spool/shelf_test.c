#include "sink/spool/shelf.h"

#include "core/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 3

static char directory[] = "/tmp/framegate-shelf-XXXXXX";

struct reading {
	uint32_t times;
	uint64_t done, all;
};

static void note(void *owner, enum sink_kind kind, uint64_t done, uint64_t all)
{
	struct reading *reading = owner;

	assert_int_equal(kind, SINK_RESULT);
	assert_true(done > reading->done && done <= all);
	assert_true(reading->times == 0 || reading->all == all);
	*reading = (struct reading){reading->times + 1, done, all};
}

static void what_is_read_at_a_start_is_told_file_by_file(void **state)
{
	struct reading reading = {0};
	struct shelf shelf = {.kind = SINK_RESULT, .was_read = note, .owner = &reading};
	struct shelf_found found = {0};
	uint64_t bytes = 0;

	assert_non_null(mkdtemp(directory));
	shelf.directory = open(directory, O_DIRECTORY | O_RDONLY);
	for (uint32_t i = 1; i <= FILES; i++) {
		struct segment *segment = segment_create(
			shelf.directory, SINK_RESULT, i, SPOOL_VERSION_JSON, "the boot");
		struct stat is;

		assert_non_null(segment);
		assert_int_equal(fstat(segment->fd, &is), 0);
		bytes += (uint64_t)is.st_size;
		segment_close(segment);
	}
	/* Of another kind: not of this shelf. */
	segment_close(
		segment_create(shelf.directory, SINK_SAMPLE, 1, SPOOL_VERSION_JSON, "the boot"));
	assert_int_equal(shelf_open(&shelf, false, &found), 0);
	assert_int_equal(found.files, FILES);
	assert_int_equal(reading.times, FILES);
	assert_int_equal(reading.done, bytes);
	assert_int_equal(reading.all, bytes);
	shelf_close(&shelf, false);
	struct segment *picture = segment_open(shelf.directory, SINK_SAMPLE, 1, false);

	assert_int_equal(segment_remove(picture), 0);
	segment_close(picture);
	close(shelf.directory);
	assert_int_equal(rmdir(directory), 0);
}

static void leave(void *owner, const struct segment *segment)
{
	uint32_t *gone = owner;

	(*gone)++;
}

/* The name is a directory's, which cannot be removed as a file is. */
static void what_cannot_be_removed_takes_room_until_it_can(void **state)
{
	char place[] = "/tmp/framegate-shelf-XXXXXX", name[SEGMENT_NAME], done[SEGMENT_NAME];
	uint32_t gone = 0;
	struct shelf shelf = {.kind = SINK_RESULT,
		.boot_id = "the boot",
		.version = SPOOL_VERSION_JSON,
		.next = 1,
		.first = 1,
		.segment_size = 4096,
		.leaving = leave,
		.owner = &gone};
	uint8_t record[100] = {0};
	struct iovec part = {record, sizeof(record)};

	assert_non_null(mkdtemp(place));
	shelf.directory = open(place, O_DIRECTORY | O_RDONLY);
	struct segment *segment = shelf_open_segment(&shelf);

	assert_non_null(segment);
	assert_int_equal(segment_write(segment, &part, 1, sizeof(record)), 0);
	segment->count = 1;
	shelf.bytes = segment->size;
	segment_name(name, SINK_RESULT, 1, "seg");
	segment_name(done, SINK_RESULT, 1, "done");
	assert_int_equal(unlinkat(shelf.directory, name, 0), 0);
	assert_int_equal(mkdirat(shelf.directory, name, 0700), 0);
	shelf_done(&shelf, 1, 0);
	assert_int_equal(gone, 0);
	shelf_end_segment(&shelf);
	assert_int_equal(gone, 1);
	assert_null(shelf_find(&shelf, 1));
	assert_int_equal(shelf.bytes, sizeof(struct spool_head) + sizeof(record));
	/* The next start is to know of it. */
	assert_int_equal(faccessat(shelf.directory, done, F_OK, 0), 0);
	assert_true(shelf_remove_left(&shelf) < 0);
	assert_int_equal(shelf.bytes, sizeof(struct spool_head) + sizeof(record));
	assert_int_equal(unlinkat(shelf.directory, name, AT_REMOVEDIR), 0);
	assert_int_equal(shelf_remove_left(&shelf), 0);
	assert_int_equal(shelf.bytes, 0);
	shelf_close(&shelf, false);
	close(shelf.directory);
	assert_int_equal(rmdir(place), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_at_a_start_is_told_file_by_file),
		cmocka_unit_test(what_cannot_be_removed_takes_room_until_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
