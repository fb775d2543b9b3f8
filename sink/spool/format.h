/* What the spool's files hold (docs/kafka.md, "The spool's files"). Integers are little-endian; a
 * change of any of it takes a new version.
 *
 * In a file of version 1 all results are JSON, and their `format` is 0. Version 2 has results of
 * any format: it is written only where that is needed, so that an older gateway reads the rest. */
#pragma once

#include <assert.h>
#include <stdint.h>

#define SPOOL_VERSION 2u /* the newest */
#define SPOOL_VERSION_JSON 1u
#define SPOOL_MAGIC "FGSPOOL"
#define SPOOL_MARK 0x4c505347u /* "GSPL": where a record begins */
/* More than any record has: of a damaged one the size is not believed. */
#define SPOOL_RECORD_MOST (64u << 20)

/* A file begins with it. */
struct spool_head {
	char magic[8];
	uint32_t version;
	uint32_t kind; /* enum sink_kind */
	uint32_t number;
	uint32_t checksum; /* of all before it */
	char boot_id[40]; /* of the gateway that wrote it */
};

static_assert(sizeof(struct spool_head) == 64, "");

/* A record, with its words and its value after it: camera, id, source, time, each with a NUL, then
 * the value; filled up with NUL to a multiple of 8. */
struct spool_record {
	uint32_t mark;
	uint32_t checksum; /* of all that follows */
	uint32_t size; /* of all, with what fills it up */
	uint32_t index; /* within the file, from 0 */
	uint64_t order; /* of its lane and kind, in this boot */
	int64_t capture_ns;
	uint32_t value_size;
	uint16_t lane;
	uint16_t finding;
	uint16_t camera_size, id_size, source_size, time_size; /* with their NUL */
	uint32_t camera; /* its slot, in this boot */
	uint8_t format; /* of a result: enum gw_record_format; of a picture: 1: it was reduced */
	uint8_t unused[3];
};

static_assert(sizeof(struct spool_record) == 56, "");

/* The same record as words. */
struct spool_words {
	const char *camera, *id, *source, *time;
	const uint8_t *value;
};

static inline struct spool_words spool_words(const struct spool_record *record)
{
	const char *at = (const char *)(record + 1);

	return (struct spool_words){
		.camera = at,
		.id = at + record->camera_size,
		.source = at + record->camera_size + record->id_size,
		.time = at + record->camera_size + record->id_size + record->source_size,
		.value = (const uint8_t *)at + record->camera_size + record->id_size +
			record->source_size + record->time_size,
	};
}

/* Bytes of the record and its words, before the value. */
static inline uint32_t spool_record_front(const struct spool_record *record)
{
	return (uint32_t)sizeof(*record) + record->camera_size + record->id_size +
		record->source_size + record->time_size;
}

/* A line of the second file, which says what of the first one is done with. */
struct spool_done {
	uint32_t index;
	uint32_t checksum; /* of `index` */
};
