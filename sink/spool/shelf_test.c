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
	segment_remove(segment_open(shelf.directory, SINK_SAMPLE, 1, false));
	close(shelf.directory);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_at_a_start_is_told_file_by_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
