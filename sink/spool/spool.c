#include "sink/spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "sink/spool/spool_state.h"

#define MIB (1u << 20)
#define NAP_NS (GW_NS_PER_MS / 2)
#define JOIN_NS (400 * GW_NS_PER_MS)
#define LOOK_NS (100 * GW_NS_PER_MS)
/* A file is the least that is given up at a time. */
#define SEGMENTS 64
#define SEGMENT_LEAST (256u << 10)
#define SEGMENT_MOST (64u * MIB)

static const char *const names[] = {[SINK_RESULT] = "results", [SINK_SAMPLE] = "pictures"};

void spool_note_failure(struct spool *spool, const char *what, int status)
{
	gw_counter_add(&spool->failures, 1);
	pthread_mutex_lock(&spool->trouble.lock);
	snprintf(spool->trouble.text, sizeof(spool->trouble.text), "%s: %s", what,
		strerror(-status));
	pthread_mutex_unlock(&spool->trouble.lock);
}

void spool_fail(struct spool *spool, const char *what, int status)
{
	spool_note_failure(spool, what, status);
	atomic_store_explicit(&spool->failing, true, memory_order_relaxed);
}

static uint32_t take_done(struct spool *spool, struct flow *flow)
{
	const uint32_t head = atomic_load_explicit(&flow->done_head, memory_order_acquire);
	uint32_t tail = atomic_load_explicit(&flow->done_tail, memory_order_relaxed), count = 0;

	for (; tail != head; tail++, count++) {
		const uint64_t token = flow->done[tail % FLOW_OUT];

		shelf_done(&spool->shelves[flow->kind], (uint32_t)(token >> 32), (uint32_t)token);
	}
	atomic_store_explicit(&flow->done_tail, tail, memory_order_release);
	return count;
}

static uint32_t turn(struct spool *spool)
{
	uint32_t count = 0, done;

	if (atomic_load_explicit(&spool->synced_any, memory_order_acquire))
		spool_take_synced(spool);
	for (int i = 0; i < 2; i++) {
		const enum sink_kind kind = (enum sink_kind)i;
		struct shelf *shelf = &spool->shelves[kind];

		done = 0;
		for (uint32_t lane = 0; lane < spool->lanes; lane++)
			done += take_done(spool, &spool->flows[kind][lane]);
		if (done > 0 && !spool->read_only) {
			const int status = shelf_flush(shelf);

			if (status != 0)
				spool_fail(spool, "write what was delivered", status);
		}
		count += done + spool_write(spool, kind) + spool_feed(spool, kind);
	}
	spool_keep_quota(spool);
	return count;
}

/* Now and then. */
static void look(struct spool *spool, int64_t now)
{
	const struct gw_spool_config *config = spool->gw->config->kafka->spool;

	if (now < spool->look_again)
		return;
	spool->look_again = now +
		(config->durability == GW_DURABILITY_INTERVAL ? config->interval * GW_NS_PER_MS
							      : LOOK_NS);
	for (int kind = 0; kind < 2; kind++) {
		struct shelf *shelf = &spool->shelves[kind];

		const bool unsynced = shelf->unsynced;

		shelf->unsynced = false;
		if (unsynced && shelf->newest)
			spool_sync_later(spool, shelf->newest);
	}
	spool_count_unsure(spool);
	spool_tell_given_up(spool, now);
}

static void *run(void *arg)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};
	struct spool *spool = arg;

	while (!atomic_load_explicit(&spool->stop, memory_order_acquire)) {
		if (turn(spool) == 0)
			nanosleep(&nap, NULL);
		look(spool, gw_now());
	}
	while (turn(spool) > 0)
		;
	for (int kind = 0; kind < 2; kind++)
		if (spool->shelves[kind].unsynced && spool->shelves[kind].newest &&
			spool->gw->config->kafka->spool->durability != GW_DURABILITY_NONE)
			spool_sync_now(spool, spool->shelves[kind].newest);
	return NULL;
}

/* Makes the directory, and sees to it that nobody else has it. */
static int open_directory(struct spool *spool, const char *path, struct gw_error *error)
{
	if (mkdir(path, 0750) != 0 && errno != EEXIST && errno != EROFS)
		return gw_error_set(error, -errno,
			"kafka.spool.directory %s: %s: choose one that gwd may make", path,
			strerror(errno));
	spool->directory = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (spool->directory < 0)
		return gw_error_set(error, -errno,
			"kafka.spool.directory %s: %s: choose one that gwd may write", path,
			strerror(errno));
	spool->lock = openat(spool->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (spool->lock < 0 && (errno == EROFS || errno == EACCES)) {
		spool->read_only = true;
		gw_warn("spool",
			"%s cannot be written: what is there is sent, and nothing is added", path);
		return 0;
	}
	/* On a disk that is full no file can be made: nobody else has made one. */
	if (spool->lock < 0 && errno != ENOSPC && errno != EDQUOT)
		return gw_error_set(
			error, -errno, "kafka.spool.directory %s/lock: %s", path, strerror(errno));
	if (spool->lock >= 0 && flock(spool->lock, LOCK_EX | LOCK_NB) != 0)
		return gw_error_set(error, -EBUSY,
			"kafka.spool.directory %s: another gateway has it: give each one its own",
			path);
	return 0;
}

static void tell_progress(void *owner, enum sink_kind kind, uint64_t done, uint64_t all)
{
	const struct spool *spool = owner;

	if (spool->gw->on_reading)
		spool->gw->on_reading(spool->gw,
			kind == SINK_RESULT ? "results that wait in the spool"
					    : "pictures that wait in the spool",
			done, all);
}

static int open_shelf(struct spool *spool, enum sink_kind kind, struct gw_error *error)
{
	const char *path = spool->gw->config->kafka->spool->directory;
	const enum gw_record_format format = spool->gw->config->kafka->format;
	const uint64_t most = kind == SINK_RESULT ? spool->most : spool->most_pictures;
	struct shelf *shelf = &spool->shelves[kind];
	struct shelf_found found = {0};
	uint64_t part = most / SEGMENTS;

	part = part > SEGMENT_LEAST ? part : SEGMENT_LEAST;
	*shelf = (struct shelf){.kind = kind,
		.directory = spool->directory,
		.boot_id = spool->gw->boot_id,
		.version = kind == SINK_RESULT && format != GW_RECORD_JSON ? SPOOL_VERSION
									   : SPOOL_VERSION_JSON,
		.segment_size = part < SEGMENT_MOST ? part : SEGMENT_MOST,
		.leaving = spool_feed_leave,
		.was_read = tell_progress,
		.owner = spool};
	const int status = shelf_open(shelf, spool->read_only, &found);

	if (status != 0)
		return gw_error_set(
			error, status, "kafka.spool.directory %s: %s", path, strerror(-status));
	if (found.records > 0)
		gw_info("spool",
			"%s: %u %s of an earlier start (%lu bytes, %u files) are sent first", path,
			found.records, names[kind], found.bytes, found.files);
	if (found.damaged > 0)
		gw_warn("spool", "%s: %lu bytes of %s are damaged or torn: they are left out", path,
			found.damaged, names[kind]);
	if (found.partial > 0)
		gw_warn("spool",
			"%s: the disk does not give %lu bytes of %s, in %u files: these stay, and "
			"are read again at the next start: look at the disk",
			path, found.missed_bytes, names[kind], found.partial);
	if (found.unreadable > 0)
		gw_warn("spool", "%s: %u files are left as they are, the last one %s", path,
			found.unreadable, found.words);
	gw_counter_add(&spool->former_found, found.records);
	gw_counter_add(&spool->former_missed, found.missed);
	gw_counter_set(&spool->bytes[kind], shelf->bytes);
	spool_note_refused(spool, &found);
	if (shelf->oldest)
		reader_begin(&spool->former[kind], shelf->oldest);
	spool->former_over[kind] = found.records == 0;
	return 0;
}

static int allocate(struct spool *spool)
{
	const uint32_t lanes = spool->lanes;

	assert(lanes > 0);
	for (int kind = 0; kind < 2; kind++) {
		spool->flows[kind] = calloc(lanes, sizeof(struct flow));
		spool->readers[kind] = calloc(lanes, sizeof(struct reader));
		if (!spool->flows[kind] || !spool->readers[kind] ||
			reader_open(&spool->former[kind]) != 0)
			return -ENOMEM;
		for (uint32_t i = 0; i < lanes; i++)
			if (reader_open(&spool->readers[kind][i]) != 0)
				return -ENOMEM;
	}
	return 0;
}

struct spool *spool_open(
	const struct gw *gw, const struct sink_ops *inner, uint32_t lanes, struct gw_error *error)
{
	const struct gw_spool_config *config = gw->config->kafka->spool;
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool) {
		gw_error_set(error, -ENOMEM, "kafka: out of memory");
		return NULL;
	}
	spool->gw = gw;
	spool->inner = inner;
	spool->lanes = lanes;
	spool->directory = spool->lock = -1;
	spool->most = (uint64_t)config->size * MIB;
	spool->most_pictures = (uint64_t)config->pictures * MIB;
	/* A worker's pictures come from where they can wait. */
	spool->waits = gw->lossless ||
		(gw->stages[GW_STAGE_SOURCE].lane_count > 0 &&
			gw->stages[GW_STAGE_RX].lane_count == 0);
	pthread_mutex_init(&spool->trouble.lock, NULL);
	pthread_mutex_init(&spool->sync_lock, NULL);
	int status = allocate(spool);

	if (status != 0)
		gw_error_set(error, status, "kafka: out of memory");
	if (status == 0)
		status = open_directory(spool, config->directory, error);
	for (int kind = 0; kind < 2 && status == 0; kind++)
		status = open_shelf(spool, (enum sink_kind)kind, error);
	if (status == 0)
		return spool;
	spool_close(spool);
	return NULL;
}

int spool_add_lane(struct spool *spool, uint32_t lane, struct sink *sink, void *inner_state,
	struct gw_error *error)
{
	spool->inner_states[lane] = inner_state;
	for (int kind = 0; kind < 2; kind++)
		if (flow_open(&spool->flows[kind][lane], spool, sink, (enum sink_kind)kind, lane) !=
			0)
			return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	if (++spool->lanes_added < spool->lanes)
		return 0;
	int status = gw_thread_start(&spool->thread, "spool", -1, run, spool);

	spool->runs = status == 0;
	if (status == 0 && spool->gw->config->kafka->spool->durability == GW_DURABILITY_INTERVAL) {
		status =
			gw_thread_start(&spool->syncer, "spool-sync", -1, spool_sync_thread, spool);
		spool->syncs = status == 0;
	}
	if (status != 0)
		return gw_error_set(
			error, status, "kafka: no thread for the spool: %s", strerror(-status));
	return 0;
}

static bool end_threads(struct spool *spool)
{
	const int64_t deadline = gw_now() + JOIN_NS;

	atomic_store_explicit(&spool->stop, true, memory_order_release);
	if (spool->runs && !gw_thread_join(spool->thread, deadline))
		return false;
	spool->runs = false;
	return !spool->syncs || gw_thread_join(spool->syncer, deadline);
}

void spool_close(struct spool *spool)
{
	if (!end_threads(spool)) {
		gw_warn("spool", "the disk does not answer: its thread is left behind");
		return;
	}
	for (int kind = 0; kind < 2; kind++) {
		shelf_close(&spool->shelves[kind], spool->read_only);
		reader_close(&spool->former[kind]);
		for (uint32_t i = 0; i < spool->lanes; i++) {
			if (spool->readers[kind])
				reader_close(&spool->readers[kind][i]);
			if (spool->flows[kind])
				flow_close(&spool->flows[kind][i]);
		}
		free(spool->readers[kind]);
		free(spool->flows[kind]);
	}
	if (spool->lock >= 0)
		close(spool->lock);
	if (spool->directory >= 0)
		close(spool->directory);
	pthread_mutex_destroy(&spool->trouble.lock);
	pthread_mutex_destroy(&spool->sync_lock);
	free(spool);
}

struct flow *spool_flow(const struct spool *spool, uint32_t lane, enum sink_kind kind)
{
	return &spool->flows[kind][lane];
}

const struct sink_ops *spool_inner(const struct spool *spool)
{
	return spool->inner;
}

void *spool_inner_state(const struct spool *spool, uint32_t lane)
{
	return spool->inner_states[lane];
}

uint32_t spool_first(const struct spool *spool, enum sink_kind kind)
{
	return spool->shelves[kind].first;
}

bool spool_former_is_over(const struct spool *spool, enum sink_kind kind)
{
	return atomic_load_explicit(&spool->former_over[kind], memory_order_acquire);
}

bool spool_is_full(const struct spool *spool)
{
	return atomic_load_explicit(&spool->full, memory_order_relaxed);
}
