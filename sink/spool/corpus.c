/* Writes the seeds of the fuzz target `spool`: files of the spool that are whole, torn and damaged.
 *
 *     spool_corpus tests/fuzz/corpus
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/spool/checksum.h"
#include "sink/spool/format.h"

#define RECORDS 3

static const char *root;

/* As sink/spool/spool_fuzz.c reads it. */
struct seed {
	const char *name; /* of the file */
	uint32_t version;
	uint8_t done; /* lines of the second file */
	long cut; /* bytes that are missing at the end */
	long flip; /* a byte of the first file that is wrong, counted from its end; 0: none */
};

static size_t add_record(uint8_t *at, uint32_t index)
{
	static const char words[] = "cam0\0"
				    "boot/cam0/1\0"
				    "/gateways/g/cameras/cam0\0"
				    "2026-11-21T07:40:00.123Z";
	static const char value[] = "{\"version\":\"1.0\"}";
	struct spool_record record = {
		.mark = SPOOL_MARK,
		.index = index,
		.order = index,
		.value_size = sizeof(value) - 1,
		.finding = UINT16_MAX,
		.camera_size = 5,
		.id_size = 12,
		.source_size = 25,
		.time_size = 25,
	};
	const size_t summed = offsetof(struct spool_record, size);

	record.size = (uint32_t)((sizeof(record) + sizeof(words) + record.value_size + 7) / 8 * 8);
	memset(at, 0, record.size);
	memcpy(at, &record, sizeof(record));
	memcpy(at + sizeof(record), words, sizeof(words));
	memcpy(at + sizeof(record) + sizeof(words), value, record.value_size);
	record.checksum = spool_checksum(at + summed, record.size - summed, 0);
	memcpy(at, &record, sizeof(record));
	return record.size;
}

static void write_seed(const struct seed *seed)
{
	struct spool_head head = {
		.magic = SPOOL_MAGIC, .version = seed->version, .number = 1, .boot_id = "boot"};
	uint8_t bytes[4096];
	char path[4096];
	size_t size = sizeof(head);

	snprintf(path, sizeof(path), "%s/spool/%s", root, seed->name);
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		exit(1);
	}
	fputc(seed->done, file);
	for (uint32_t i = 0; i < seed->done; i++) {
		const struct spool_done line = {i, spool_checksum(&i, sizeof(i), 0)};

		fwrite(&line, sizeof(line), 1, file);
	}
	head.checksum = spool_checksum(&head, offsetof(struct spool_head, checksum), 0);
	memcpy(bytes, &head, sizeof(head));
	for (uint32_t i = 0; i < RECORDS; i++)
		size += add_record(bytes + size, i);
	if (seed->flip > 0)
		bytes[size - (size_t)seed->flip] ^= 0x10;
	fwrite(bytes, 1, size - (size_t)seed->cut, file);
	fclose(file);
}

int main(int argc, char **argv)
{
	static const struct seed seeds[] = {
		{.name = "whole", .version = SPOOL_VERSION},
		{.name = "done", .version = SPOOL_VERSION, .done = 2},
		{.name = "torn", .version = SPOOL_VERSION, .cut = 50},
		{.name = "flipped", .version = SPOOL_VERSION, .done = 1, .flip = 300},
		{.name = "only_json", .version = SPOOL_VERSION_JSON},
		{.name = "other_version", .version = SPOOL_VERSION + 1},
	};

	if (argc != 2) {
		fprintf(stderr, "usage: spool_corpus tests/fuzz/corpus\n");
		return 2;
	}
	root = argv[1];
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		write_seed(&seeds[i]);
	return 0;
}
