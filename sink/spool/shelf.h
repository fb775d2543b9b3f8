/* The files of one kind of record, oldest first: those of an earlier start, then this one's. The
 * spool's thread, but open at the start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "sink/spool/segment.h"

struct shelf {
	enum sink_kind kind;
	int directory;
	const char *boot_id;
	uint32_t version; /* that new files have */
	struct segment *oldest, *newest; /* the newest own one is written to */
	struct segment *left; /* nothing of them is needed, and they could not be removed */
	uint32_t first; /* number of this start's first file */
	uint32_t next; /* number of the next one */
	uint64_t bytes; /* of all, with those that are left */
	uint64_t segment_size; /* bytes after which a new one is begun */
	uint32_t former_found; /* records of an earlier start that were to be sent */
	uint32_t former_over; /* ... that are done with */
	/* Hears of every file that goes, or is left. */
	void (*leaving)(void *owner, const struct segment *segment);
	/* ... and of every one that was read at the start: bytes of those so far, and of all. */
	void (*was_read)(void *owner, enum sink_kind kind, uint64_t done, uint64_t all);
	void *owner;
	bool unsynced; /* something was written since the last sync, or that sync failed */
	bool left_unsure; /* `strict`: a file that this group has left cannot be synced */
};

/* What was found of an earlier start. */
struct shelf_found {
	uint32_t files, records;
	uint64_t bytes, damaged;
	uint32_t missed; /* records that the disk does not give, as far as can be told */
	uint64_t missed_bytes;
	uint32_t partial; /* files that have such */
	uint32_t failed; /* files that the disk does not give at all */
	int failed_error;
	char failed_name[SEGMENT_NAME]; /* of the last one of these */
	uint32_t unreadable; /* files that were left as they are */
	char words[160]; /* of the last one of these */
};

/* Opens what is there. -ENOMEM. */
int shelf_open(struct shelf *shelf, bool read_only, struct shelf_found *found);

/* Lets go of all files; those that nobody needs are removed. */
void shelf_close(struct shelf *shelf, bool read_only);

/* Nothing more is written to the newest one. */
void shelf_end_segment(struct shelf *shelf);

/* The file that is written to, a new one when it is full. NULL and errno. */
struct segment *shelf_open_segment(struct shelf *shelf);

/* NULL: there is none of that number. */
struct segment *shelf_find(const struct shelf *shelf, uint32_t number);

/* A record is done with; its file goes with the last one. */
void shelf_done(struct shelf *shelf, uint32_t number, uint32_t index);

/* Makes what was told by shelf_done() known to a later start. Returns 0 or a negative errno. */
int shelf_flush(struct shelf *shelf);

/* Tries again to remove those that are left. Returns 0 or a negative errno of one of them. */
int shelf_remove_left(struct shelf *shelf);

/* Lets go of a file that was removed, whatever is in it. */
void shelf_forget(struct shelf *shelf, struct segment *segment);
