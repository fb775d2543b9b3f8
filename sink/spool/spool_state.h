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
	_Atomic bool unreadable; /* it gives nothing */
	_Atomic bool unsure; /* what was written cannot be synced */
	struct spool_trouble trouble;

	/* Counters: any thread reads. */
	struct gw_counter bytes[2], writes, written_bytes, syncs_done, sync_us;
	struct gw_counter given_up[2]; /* records, for want of room */
	struct gw_counter failures; /* of writes and syncs */
	struct gw_counter passed_by; /* records that the disk did not take */
	struct gw_counter former_found, former_given_up, former_damaged;

	struct shelf shelves[2];
	struct reader *readers[2]; /* of lanes */
	struct reader former[2];
	int64_t try_again; /* gw_now(): before, nothing is written */
	int64_t look_again, warn_again;
	uint64_t told[2]; /* of given_up, that were logged */

	/* What the syncing thread is to sync: a descriptor of its own, or -1. */
	pthread_mutex_t sync_lock;
	int to_sync[64];
	uint32_t to_sync_count;
};

/* write.c: takes what lanes have submitted to the disk. Returns how many records. */
uint32_t spool_write(struct spool *spool, enum sink_kind kind);

/* quota.c: removes the oldest files for as long as all take more than they may. */
void spool_keep_quota(struct spool *spool);
/* The same for a disk that is full. False: there is nothing that may go. */
bool spool_make_room(struct spool *spool);
/* Logs what was given up. */
void spool_tell_given_up(struct spool *spool, int64_t now);

/* feed.c: gives lanes what they need from the disk. Returns how much. */
uint32_t spool_feed(struct spool *spool, enum sink_kind kind);
/* A file is about to be given up. Returns how many of its records no lane has. */
uint32_t spool_feed_lost(struct spool *spool, const struct segment *segment);
/* A file goes, for whatever reason: nobody reads it any more. `owner` is the spool. */
void spool_feed_leave(void *owner, const struct segment *segment);

/* spool.c: something of the disk failed. The second: a read; it is over when the caller says so. */
void spool_fail(struct spool *spool, const char *what, int status);
void spool_fail_to_read(struct spool *spool, int status);
/* A sync returned; any thread. */
void spool_note_sync(struct spool *spool, int status);

/* sync.c: the thread of `durability: interval`; and a sync in its place. */
void *spool_sync_thread(void *arg);
void spool_sync_later(struct spool *spool, const struct segment *segment);
int spool_sync_now(struct spool *spool, struct segment *segment);
