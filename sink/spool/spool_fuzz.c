/* Any bytes as a file of the spool: whatever is found in it is whole, lies within it, and is found
 * again. The first byte says how much of the rest is the second file; what is left is the first
 * one. sink/spool/corpus.c writes such bytes. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/spool/reader.h"
#include "sink/spool/segment.h"

#define NUMBER 1

static char path[] = "/tmp/framegate-fuzz-XXXXXX";
static int folder = -1;

static void name_of(char name[SEGMENT_NAME], const char *end)
{
	segment_name(name, SINK_RESULT, NUMBER, end);
}

static void remove_folder(void)
{
	char name[SEGMENT_NAME];

	name_of(name, "seg");
	unlinkat(folder, name, 0);
	name_of(name, "done");
	unlinkat(folder, name, 0);
	rmdir(path);
}

static void make_folder(void)
{
	if (!mkdtemp(path) || (folder = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC)) < 0)
		abort();
	atexit(remove_folder);
}

static void put_file(const char *end, const uint8_t *data, size_t size)
{
	char name[SEGMENT_NAME];

	name_of(name, end);
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void check(const struct segment *segment, const struct spool_record *record)
{
	const struct spool_words words = spool_words(record);
	const uint8_t *end = (const uint8_t *)record + record->size;

	if (record->size > segment->size || record->lane >= GW_LANES ||
		words.value + record->value_size > end)
		abort();
	/* Read to their end, which a sanitizer sees. */
	if (strlen(words.camera) + 1 != record->camera_size ||
		strlen(words.id) + 1 != record->id_size ||
		strlen(words.source) + 1 != record->source_size ||
		strlen(words.time) + 1 != record->time_size)
		abort();
	segment_was_done(segment, record->index);
}

/* Returns how many records there are. */
static uint32_t read_all(const struct segment *segment)
{
	struct reader reader = {0};
	const struct spool_record *record;
	uint32_t count = 0;

	if (reader_open(&reader) != 0)
		abort();
	reader_begin(&reader, segment);
	while ((record = reader_look(&reader))) {
		check(segment, record);
		count++;
		reader_go_on(&reader);
	}
	if (reader.damaged > segment->size)
		abort();
	reader_close(&reader);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (folder < 0)
		make_folder();
	const size_t lines = data[0] * sizeof(struct spool_done);
	const size_t second = lines < size - 1 ? lines : size - 1;

	put_file("done", data + 1, second);
	put_file("seg", data + 1 + second, size - 1 - second);
	struct segment *segment = segment_open(folder, SINK_RESULT, NUMBER, false);

	if (!segment)
		return 0;
	/* What it counted when it was opened includes no record that was done with. */
	if (read_all(segment) < segment->found)
		abort();
	(void)segment_remove(segment);
	segment_close(segment);
	return 0;
}
