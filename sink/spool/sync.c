#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "sink/spool/spool_state.h"

/* Longer intervals are slept in pieces, to end in time. */
#define PIECE_NS (10 * GW_NS_PER_MS)

static void mark_unsure(struct segment *segment)
{
	for (; segment; segment = segment->newer)
		segment->unsure = segment->unsure || !segment->former;
}

/* Takes in how one went. */
static void settle(struct spool *spool, const struct spool_sync *sync)
{
	struct shelf *shelf = &spool->shelves[sync->kind];
	struct segment *segment = shelf_find(shelf, sync->number);

	gw_counter_add(&spool->syncs_done, 1);
	gw_counter_set(&spool->sync_us, sync->us);
	atomic_store_explicit(&spool->unsynced, sync->status != 0, memory_order_relaxed);
	if (sync->status != 0)
		spool_note_failure(spool, "sync", sync->status);
	if (!segment)
		return;
	if (sync->status != 0) {
		segment->unsure = true;
		/* The disk is asked again, to see when it is well. */
		shelf->unsynced = shelf->unsynced || segment == shelf->newest;
		return;
	}
	segment->listed = true;
	if (segment->unsure && segment == shelf->newest)
		shelf_end_segment(shelf);
}

void spool_count_unsure(struct spool *spool)
{
	uint64_t files = 0, records = 0;

	for (int kind = 0; kind < 2; kind++) {
		const struct segment *segment = spool->shelves[kind].oldest;

		for (; segment; segment = segment->newer) {
			files += segment->unsure;
			records += segment->unsure ? segment->count - segment->settled : 0;
		}
	}
	/* With `strict`, such records wait in memory as well, and are in no count of the disk's. */
	if (spool->gw->config->kafka->spool->durability == GW_DURABILITY_STRICT)
		files = records = 0;
	gw_counter_set(&spool->unsure_files, files);
	gw_counter_set(&spool->unsure_records, records);
}

static void sync_one(struct spool_sync *sync)
{
	const int64_t begin = gw_now();

	sync->status = segment_sync_file(sync->fd, sync->directory);
	sync->us = (uint64_t)(gw_now() - begin) / 1000;
}

static struct spool_sync sync_of(const struct segment *segment, int fd)
{
	return (struct spool_sync){
		.fd = fd,
		.directory = segment->listed ? -1 : segment->directory,
		.kind = segment->kind,
		.number = segment->number,
	};
}

int spool_sync_now(struct spool *spool, struct segment *segment)
{
	struct spool_sync sync = sync_of(segment, segment->fd);

	sync_one(&sync);
	settle(spool, &sync);
	return sync.status;
}

int spool_sync_later(struct spool *spool, struct segment *segment)
{
	const enum gw_durability durability = spool->gw->config->kafka->spool->durability;

	if (durability == GW_DURABILITY_NONE || segment->former)
		return 0;
	if (durability == GW_DURABILITY_STRICT)
		return spool_sync_now(spool, segment);
	const int fd = dup(segment->fd);

	pthread_mutex_lock(&spool->sync_lock);
	const bool fits = fd >= 0 && spool->to_sync_count < SPOOL_SYNCS;

	if (fits)
		spool->to_sync[spool->to_sync_count++] = sync_of(segment, fd);
	pthread_mutex_unlock(&spool->sync_lock);
	if (fits)
		return 0;
	/* Descriptors are all in use, or the thread hangs with the disk. */
	if (fd >= 0)
		close(fd);
	return spool_sync_now(spool, segment);
}

void spool_take_synced(struct spool *spool)
{
	struct spool_sync synced[SPOOL_SYNCS];
	uint32_t count;

	pthread_mutex_lock(&spool->sync_lock);
	count = spool->synced_count;
	memcpy(synced, spool->synced, count * sizeof(synced[0]));
	spool->synced_count = 0;
	const bool lost = spool->synced_lost;

	spool->synced_lost = false;
	atomic_store_explicit(&spool->synced_any, false, memory_order_relaxed);
	pthread_mutex_unlock(&spool->sync_lock);
	for (int kind = 0; kind < 2 && lost; kind++)
		mark_unsure(spool->shelves[kind].oldest);
	for (uint32_t i = 0; i < count; i++)
		settle(spool, &synced[i]);
	spool_count_unsure(spool);
}

static void hand_back(struct spool *spool, const struct spool_sync *sync)
{
	pthread_mutex_lock(&spool->sync_lock);
	if (spool->synced_count < SPOOL_SYNCS)
		spool->synced[spool->synced_count++] = *sync;
	else if (sync->status != 0)
		spool->synced_lost = true;
	atomic_store_explicit(&spool->synced_any, true, memory_order_release);
	pthread_mutex_unlock(&spool->sync_lock);
}

static void sync_all(struct spool *spool)
{
	struct spool_sync syncs[SPOOL_SYNCS];
	uint32_t count;

	pthread_mutex_lock(&spool->sync_lock);
	count = spool->to_sync_count;
	memcpy(syncs, spool->to_sync, count * sizeof(syncs[0]));
	spool->to_sync_count = 0;
	pthread_mutex_unlock(&spool->sync_lock);
	for (uint32_t i = 0; i < count; i++) {
		sync_one(&syncs[i]);
		close(syncs[i].fd);
		hand_back(spool, &syncs[i]);
	}
}

void *spool_sync_thread(void *arg)
{
	static const struct timespec piece = {.tv_nsec = PIECE_NS};
	struct spool *spool = arg;

	while (!atomic_load_explicit(&spool->stop, memory_order_relaxed)) {
		sync_all(spool);
		nanosleep(&piece, NULL);
	}
	sync_all(spool);
	return NULL;
}
