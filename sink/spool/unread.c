#include <stdio.h>
#include <string.h>

#include "sink/spool/spool_state.h"

/* Counts the files that the disk does not give whole, and says of the last one what is missing. */
static void publish(struct spool *spool, const struct segment *gone)
{
	struct spool_unread *unread = &spool->unread;
	uint64_t bytes = 0;
	uint32_t files = 0;

	pthread_mutex_lock(&spool->trouble.lock);
	for (int kind = 0; kind < 2; kind++) {
		const struct segment *segment = spool->shelves[kind].oldest;

		for (; segment; segment = segment->newer) {
			if (segment == gone || segment->unread == 0)
				continue;
			files++;
			bytes += segment_hole_bytes(segment);
			segment_name(unread->name, segment->kind, segment->number, "seg");
			unread->error = segment->unread;
			unread->partial = segment->partial;
		}
	}
	if (files == 0 && unread->refused[0]) {
		snprintf(unread->name, sizeof(unread->name), "%s", unread->refused);
		unread->error = unread->refused_error;
		unread->partial = true;
	}
	unread->files = files + unread->refused_files;
	unread->bytes = bytes;
	pthread_mutex_unlock(&spool->trouble.lock);
}

void spool_note_refused(struct spool *spool, const struct shelf_found *found)
{
	struct spool_unread *unread = &spool->unread;

	unread->refused_files += found->failed;
	if (found->failed > 0) {
		snprintf(unread->refused, sizeof(unread->refused), "%s", found->failed_name);
		unread->refused_error = found->failed_error;
	}
	publish(spool, NULL);
}

void spool_note_unread(struct spool *spool, struct segment *segment, uint64_t at, int error)
{
	spool_note_failure(spool, "read", -error);
	if (segment->unread_at == 0 || at < segment->unread_at)
		segment->unread_at = at;
	segment->unread = error;
	publish(spool, NULL);
}

void spool_note_read(struct spool *spool, struct segment *segment, uint64_t at)
{
	if (segment->unread == 0 || segment->partial || at != segment->unread_at)
		return;
	segment->unread = 0;
	segment->unread_at = 0;
	publish(spool, NULL);
}

void spool_note_gone(struct spool *spool, const struct segment *segment)
{
	if (segment->unread != 0)
		publish(spool, segment);
}

struct spool_unread spool_unread(const struct spool *spool)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&spool->trouble.lock;

	pthread_mutex_lock(lock);
	const struct spool_unread unread = spool->unread;

	pthread_mutex_unlock(lock);
	return unread;
}
