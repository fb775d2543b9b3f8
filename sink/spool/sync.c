#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "sink/spool/spool_state.h"

/* Longer intervals are slept in pieces, to end in time. */
#define PIECE_NS (10 * GW_NS_PER_MS)

static void count_sync(struct spool *spool, int64_t begin)
{
	gw_counter_add(&spool->syncs_done, 1);
	gw_counter_set(&spool->sync_us, (uint64_t)(gw_now() - begin) / 1000);
}

int spool_sync_now(struct spool *spool, struct segment *segment)
{
	const int64_t begin = gw_now();
	const int status = segment_sync(segment);

	count_sync(spool, begin);
	spool_note_sync(spool, status);
	return status;
}

void spool_sync_later(struct spool *spool, const struct segment *segment)
{
	switch (spool->gw->config->kafka->spool->durability) {
	case GW_DURABILITY_NONE:
		return;
	case GW_DURABILITY_STRICT:
		if (!segment->former)
			spool_sync_now(spool, (struct segment *)segment);
		return;
	default:
		break;
	}
	/* A former file, or a descriptor too many: what is in it is older than an interval soon. */
	if (segment->former)
		return;
	const int fd = dup(segment->fd);

	pthread_mutex_lock(&spool->sync_lock);
	const bool fits = fd >= 0 &&
		spool->to_sync_count < sizeof(spool->to_sync) / sizeof(spool->to_sync[0]);

	if (fits)
		spool->to_sync[spool->to_sync_count++] = fd;
	pthread_mutex_unlock(&spool->sync_lock);
	if (fits)
		return;
	if (fd >= 0)
		close(fd);
	spool_sync_now(spool, (struct segment *)segment);
}

static void sync_all(struct spool *spool)
{
	int fds[sizeof(spool->to_sync) / sizeof(spool->to_sync[0])];
	uint32_t count;

	pthread_mutex_lock(&spool->sync_lock);
	count = spool->to_sync_count;
	memcpy(fds, spool->to_sync, count * sizeof(fds[0]));
	spool->to_sync_count = 0;
	pthread_mutex_unlock(&spool->sync_lock);
	for (uint32_t i = 0; i < count; i++) {
		const int64_t begin = gw_now();

		spool_note_sync(spool, fdatasync(fds[i]) == 0 ? 0 : -errno);
		count_sync(spool, begin);
		close(fds[i]);
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
