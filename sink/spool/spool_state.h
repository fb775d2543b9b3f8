/* The inside of the spool, for its own files. All is the thread's, but where something else is
 * said. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "core/counter.h"
#include "sink/spool/flow.h"
#include "sink/spool/reader.h"
#include "sink/spool/shelf.h"
#include "sink/spool/spool.h"

#define SPOOL_PARTS 512

/* Why something of the disk failed last. Written by the thread, read by any under the lock. */
struct spool_trouble {
	pthread_mutex_t lock;
	char text[200];
};

/* What the disk does not give. Written by the thread, read by any under the trouble's lock. */
struct spool_unread {
	uint32_t files; /* that are not read whole */
	uint64_t bytes; /* of them that were given up, for this start */
	char name[SEGMENT_NAME]; /* of one of them */
	int error;
	bool partial; /* it is not asked again */
	/* Files that could not be opened at the start. */
	uint32_t refused_files;
	char refused[SEGMENT_NAME];
	int refused_error;
};

/* A file to be synced, and how that went. */
struct spool_sync {
	int fd; /* its own */
	int directory; /* the spool's, or -1: the name is known to the disk */
	enum sink_kind kind;
	uint32_t number;
	int status;
	uint64_t us;
};

#define SPOOL_SYNCS 64

struct spool {
	/* Read-only once the thread runs. */
	const struct gw *gw;
	const struct sink_ops *inner;
	void *inner_states[GW_LANES];
	struct flow *flows[2]; /* by enum sink_kind, then by lane */
	uint32_t lanes, lanes_added, lanes_gone;
	int directory, lock;
	bool read_only;
	bool waits; /* records of this gateway wait for room: none is given up for another */
	uint64_t most, most_pictures; /* bytes */
	pthread_t thread, syncer;
	bool runs, syncs;

	_Atomic bool stop; /* main writes */
	_Atomic bool former_over[2];
	_Atomic bool full;
	_Atomic bool failing; /* the disk takes nothing */
	_Atomic bool unsynced; /* the last sync failed */
	_Atomic int unremoved; /* why the last file could not be removed, a negative errno; or 0 */
	struct spool_trouble trouble;
	struct spool_unread unread;

	/* Counters: any thread reads. */
	struct gw_counter bytes[2], writes, written_bytes, syncs_done, sync_us;
	struct gw_counter given_up[2]; /* records, for want of room */
	struct gw_counter failures; /* of writes, syncs and removals */
	struct gw_counter passed_by; /* records that the disk did not take */
	struct gw_counter former_found, former_given_up, former_damaged, former_missed;
	struct gw_counter unsure_files, unsure_records; /* that a power cut may take */

	struct shelf shelves[2];
	struct reader *readers[2]; /* of lanes */
	struct reader former[2];
	int64_t try_again; /* gw_now(): before, nothing is written */
	int64_t remove_again; /* the same, removed; 0: nothing is left that could not be */
	int64_t look_again, warn_again;
	uint64_t told[2]; /* of given_up, that were logged */

	/* What the syncing thread is to sync, and what it has done, under the lock. */
	pthread_mutex_t sync_lock;
	struct spool_sync to_sync[SPOOL_SYNCS], synced[SPOOL_SYNCS];
	uint32_t to_sync_count, synced_count;
	bool synced_lost; /* there was no room for one that failed */
	_Atomic bool synced_any;
};

/* write.c: takes what lanes have submitted to the disk. Returns how many records. */
uint32_t spool_write(struct spool *spool, enum sink_kind kind);

/* quota.c: removes the oldest files for as long as all take more than they may, and before them
 * those that could not be removed. */
void spool_keep_quota(struct spool *spool);
/* The same for a disk that is full. False: there is nothing that may go. */
bool spool_make_room(struct spool *spool);
/* False: all is used, and what should go cannot be removed. */
bool spool_has_room(const struct spool *spool, enum sink_kind kind);
/* Logs what was given up. */
void spool_tell_given_up(struct spool *spool, int64_t now);

/* feed.c: gives lanes what they need from the disk. Returns how much. */
uint32_t spool_feed(struct spool *spool, enum sink_kind kind);
/* A file is about to be given up. Returns how many of its records no lane has. */
uint32_t spool_feed_lost(struct spool *spool, const struct segment *segment);
/* A file goes, for whatever reason: nobody reads it any more. `owner` is the spool. */
void spool_feed_leave(void *owner, const struct segment *segment);

/* spool.c: something of the disk failed. The second: and it takes nothing. */
void spool_note_failure(struct spool *spool, const char *what, int status);
void spool_fail(struct spool *spool, const char *what, int status);

/* unread.c: what of which file the disk does not give. It is told until that very record is read,
 * or the file is gone. At the start also what of `found` could not be opened. */
void spool_note_refused(struct spool *spool, const struct shelf_found *found);
void spool_note_unread(struct spool *spool, struct segment *segment, uint64_t at, int error);
void spool_note_read(struct spool *spool, struct segment *segment, uint64_t at);
void spool_note_gone(struct spool *spool, const struct segment *segment);
/* Any thread. */
struct spool_unread spool_unread(const struct spool *spool);

/* sync.c: the thread of `durability: interval`. */
void *spool_sync_thread(void *arg);
/* Syncs, or has it synced. Returns 0 or a negative errno of what was done at once. */
int spool_sync_later(struct spool *spool, struct segment *segment);
int spool_sync_now(struct spool *spool, struct segment *segment);
/* Takes in how syncs went that the thread has done. After a sync that failed, the kernel has
 * forgotten what it was to write, and the next one succeeds without it: such a file is unsure until
 * it is gone, and is written to no more once the disk takes something again. */
void spool_take_synced(struct spool *spool);
/* Counts what a power cut may take of such files. */
void spool_count_unsure(struct spool *spool);
