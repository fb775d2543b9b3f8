#include "sink/spool/reader.h"

#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sink/spool/checksum.h"
#include "sink/spool/segment.h"

#define SIZE (4u << 20) /* of a record: more than is read at once */

static char directory[] = "/tmp/framegate-reader-XXXXXX";

static int set_up(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(directory);
}

/* A file with one picture, which is large. */
static void write_one(int folder)
{
	struct segment *segment =
		segment_create(folder, SINK_SAMPLE, 1, SPOOL_VERSION_JSON, "the boot");
	const size_t summed = offsetof(struct spool_record, size);
	struct spool_record *record = calloc(1, SIZE);

	assert_non_null(segment);
	*record = (struct spool_record){.mark = SPOOL_MARK,
		.size = SIZE,
		.value_size = SIZE - sizeof(*record) - 8,
		.camera_size = 1,
		.id_size = 1,
		.source_size = 1,
		.time_size = 1};
	record->checksum = spool_checksum((uint8_t *)record + summed, SIZE - summed, 0);
	struct iovec part = {record, SIZE};

	assert_int_equal(segment_write(segment, &part, 1, SIZE), 0);
	segment_close(segment);
	free(record);
}

/* No more memory than there is, but for a megabyte. */
static void limit_memory(struct rlimit *before)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
	const struct rlimit limit = {.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + SIZE / 4,
		.rlim_max = before->rlim_max};

	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void what_there_is_no_memory_for_is_no_damage_and_comes_with_the_next_start(void **state)
{
	struct rlimit before;

	/* A sanitizer's memory has no limit. */
	if (IS_SANITIZED)
		skip();
	const int folder = open(directory, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	write_one(folder);
	limit_memory(&before);
	struct segment *segment = segment_open(folder, SINK_SAMPLE, 1, false);

	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_non_null(segment);
	assert_int_equal(segment->found, 0);
	assert_int_equal(segment->damaged, 0);
	assert_int_equal(segment->unread, ENOMEM);
	/* Else its files would be removed. */
	assert_false(segment_is_over(segment));
	segment_close(segment);
	segment = segment_open(folder, SINK_SAMPLE, 1, false);
	assert_int_equal(segment->found, 1);
	assert_int_equal(segment->unread, 0);
	assert_int_equal(segment_remove(segment), 0);
	segment_close(segment);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_there_is_no_memory_for_is_no_damage_and_comes_with_the_next_start),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
