/* One file of the spool, with the file beside it that says which of its records are done with. It
 * is written to its end, never changed, and removed as a whole when nothing of it is needed.
 *
 * The spool's thread, but open at the start.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/config/config.h"
#include "sink/sink.h"
#include "sink/spool/format.h"

/* Bytes that the disk does not give. */
struct segment_hole {
	uint64_t from, to;
};

/* With one more, what lies between two is taken for unreadable, or all from the last one on. */
#define SEGMENT_HOLES 16

struct segment {
	struct segment *newer;
	enum sink_kind kind;
	uint32_t number;
	int directory; /* the spool's: not the segment's own */
	int fd, done_fd; /* -1: not open */
	uint64_t size; /* bytes that hold records: what is behind them is none */
	uint32_t count; /* records */
	uint32_t settled; /* ... that are done with */
	bool former; /* of an earlier start of the gateway */
	bool listed; /* its name survives a power cut */
	bool unsure; /* a sync failed: what the kernel had not written then may be missing */
	bool closed; /* nothing more is written to it */
	bool read_only; /* ... nor to the file beside it */

	/* What cannot be read of it, in order. */
	struct segment_hole holes[SEGMENT_HOLES];
	uint32_t hole_count;
	bool partial; /* records that are to be sent lie in a hole: it stays for the next start */
	int unread; /* errno of the last read that failed; 0: none, or it was mended */
	uint64_t unread_at; /* ... of the record there; 0: of none */

	/* Of a former one. */
	uint8_t *done; /* a bit for each record that was done with before */
	uint32_t done_room; /* bits */
	uint32_t found; /* whole records that are to be sent */
	uint32_t given; /* ... and were given to a lane */
	uint32_t missed; /* records that are to be sent and lie in a hole, as far as can be told */
	uint64_t damaged; /* bytes that are no whole record */

	/* Of an own one: the orders of each lane that it holds, from, and to which is beyond. */
	uint64_t from[GW_LANES], to[GW_LANES];

	/* Lines for the second file that are not written yet. */
	struct spool_done lines[512];
	uint32_t line_count;
};

/* Makes a new one of that version. NULL and errno. */
struct segment *segment_create(
	int directory, enum sink_kind kind, uint32_t number, uint32_t version, const char *boot_id);

/* Opens one that is there, and looks at all of it: what is whole of it, what was done, and what the
 * disk does not give. NULL and errno: EPROTO when it is of another version, EBADMSG when it is
 * none. */
struct segment *segment_open(int directory, enum sink_kind kind, uint32_t number, bool read_only);

/* Lets go of it; its files stay. Accepts NULL. */
void segment_close(struct segment *segment);

/* Removes its files; it stays open. Returns 0 or a negative errno: where the first one stays, so
 * does the second, for the next start. */
int segment_remove(struct segment *segment);

/* Adds records, whole or not at all. Returns 0 or a negative errno. */
int segment_write(struct segment *segment, struct iovec *parts, int count, uint64_t bytes);

/* Makes sure that what was written survives a power cut. Returns 0 or a negative errno. */
int segment_sync(const struct segment *segment);
/* The same for a descriptor of it; with `directory`, but for -1, also that its name does. */
int segment_sync_file(int fd, int directory);

/* The disk does not give what lies at that place: it is passed over from now on. The more, the
 * longer it goes on, so that a disk that gives nothing is not asked for every block. */
void segment_add_hole(struct segment *segment, uint64_t at);
/* The first one that ends behind `offset`. NULL: there is none. */
const struct segment_hole *segment_hole(const struct segment *segment, uint64_t offset);
uint64_t segment_hole_bytes(const struct segment *segment);

/* Whether nothing of it is needed any more. */
bool segment_is_over(const struct segment *segment);

/* A record is done with. It is known after a kill once it is flushed; a second file that cannot be
 * written costs no more than records that come twice. Returns 0 or a negative errno. */
int segment_done(struct segment *segment, uint32_t index);
int segment_flush(struct segment *segment);

/* Reads the second file, if there is one. -ENOMEM. */
int segment_read_done(struct segment *segment, bool read_only);

/* Whether a record of a former one was done with. */
bool segment_was_done(const struct segment *segment, uint32_t index);

/* Names as they are on the disk: "results-0000000001.seg". */
#define SEGMENT_NAME 40
void segment_name(char name[SEGMENT_NAME], enum sink_kind kind, uint32_t number, const char *end);
bool segment_parse_name(const char *name, enum sink_kind *kind, uint32_t *number);
