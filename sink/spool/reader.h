/* Reads the records of a segment one after the other, whole ones only: what is damaged or torn is
 * passed over and counted. What the disk does not give, or there is no memory for, is neither: it
 * may come later, and is passed over once the segment says that there is a hole. The spool's
 * thread, or the main thread at the start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sink/spool/format.h"

struct segment;

struct reader {
	const struct segment *segment;
	uint64_t offset; /* of the next record in the file */
	uint8_t *buffer;
	uint64_t room;
	uint64_t base, filled; /* what the buffer holds of the file */
	bool looked; /* the record at `offset` was found whole */
	uint64_t damaged; /* bytes that were passed over */
	uint64_t unread; /* the same, for a hole lies there or cuts their record */
	bool cut; /* no whole record was found since the last hole */
	int error; /* errno of the last look, when it gave nothing; 0: it did */
	uint64_t bad; /* where it gave nothing */
	uint32_t failures; /* ... in a row, since the last record */
	int64_t again; /* gw_now(): before, there is no use in looking; the owner's */
};

/* -ENOMEM. Close accepts one that was never opened. */
int reader_open(struct reader *reader);
void reader_close(struct reader *reader);

/* From the first record of a segment. */
void reader_begin(struct reader *reader, const struct segment *segment);

/* The next record, in the reader's memory, until reader_go_on(); NULL: there is none, perhaps not
 * yet, or `error` says why it cannot be read. */
const struct spool_record *reader_look(struct reader *reader);
void reader_go_on(struct reader *reader);
