#include "mgmt/alarms/disk.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "core/clock.h"
#include "core/thread.h"

#define PATIENCE_NS (200 * GW_NS_PER_MS) /* with a thread that is to end */

struct disk {
	char path[PATH_MAX];
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake; /* of the thread: it is asked, or is to end */
	pthread_cond_t done; /* it has ended */
	bool asked, ending, ended;
	bool left; /* nobody waits for the thread: it frees this */
	int64_t asked_at;
	struct disk_facts facts;
};

static void free_disk(struct disk *disk)
{
	pthread_cond_destroy(&disk->done);
	pthread_cond_destroy(&disk->wake);
	pthread_mutex_destroy(&disk->lock);
	free(disk);
}

/* Waits for as long as the disk does. */
static void look_at(const char *path, struct disk_facts *facts)
{
	struct statvfs room;
	struct stat place;

	*facts = (struct disk_facts){.percent = -1};
	if (statvfs(path, &room) != 0 || stat(path, &place) != 0) {
		facts->fault = errno;
		return;
	}
	facts->device = place.st_dev;
	/* One without blocks is none that can be full. */
	if (room.f_blocks == 0)
		return;
	facts->percent = (double)room.f_bavail * 100 / (double)room.f_blocks;
	facts->gib = (double)room.f_bavail * (double)room.f_frsize / (1u << 30);
}

static void *disk_thread(void *arg)
{
	struct disk *disk = arg;
	struct disk_facts facts;

	pthread_mutex_lock(&disk->lock);
	while (!disk->ending) {
		if (!disk->asked) {
			pthread_cond_wait(&disk->wake, &disk->lock);
			continue;
		}
		pthread_mutex_unlock(&disk->lock);
		look_at(disk->path, &facts);
		pthread_mutex_lock(&disk->lock);
		disk->facts = facts;
		disk->asked = false;
	}
	disk->ended = true;
	pthread_cond_signal(&disk->done);
	const bool left = disk->left;

	pthread_mutex_unlock(&disk->lock);
	if (left)
		free_disk(disk);
	return NULL;
}

struct disk *disk_open(const char *path)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	pthread_condattr_t attributes;

	if (!disk)
		return NULL;
	snprintf(disk->path, sizeof(disk->path), "%s", path);
	disk->facts.percent = -1;
	pthread_mutex_init(&disk->lock, NULL);
	pthread_cond_init(&disk->wake, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&disk->done, &attributes);
	pthread_condattr_destroy(&attributes);
	if (gw_thread_start(&disk->thread, "alarm-disk", -1, disk_thread, disk) == 0)
		return disk;
	free_disk(disk);
	return NULL;
}

void disk_close(struct disk *disk)
{
	const int64_t until = gw_now() + PATIENCE_NS;
	const struct timespec deadline = {
		.tv_sec = until / GW_NS_PER_S, .tv_nsec = until % GW_NS_PER_S};

	if (!disk)
		return;
	pthread_mutex_lock(&disk->lock);
	disk->ending = true;
	pthread_cond_signal(&disk->wake);
	while (!disk->ended &&
		pthread_cond_timedwait(&disk->done, &disk->lock, &deadline) != ETIMEDOUT)
		;
	const bool ended = disk->ended;
	const pthread_t thread = disk->thread;

	disk->left = !ended;
	pthread_mutex_unlock(&disk->lock);
	if (ended) {
		pthread_join(thread, NULL);
		free_disk(disk);
	} else {
		pthread_detach(thread);
	}
}

const char *disk_path(const struct disk *disk)
{
	return disk->path;
}

void disk_ask(struct disk *disk, int64_t now, struct disk_facts *facts)
{
	pthread_mutex_lock(&disk->lock);
	*facts = disk->facts;
	facts->late_ns = disk->asked ? now - disk->asked_at : 0;
	if (!disk->asked) {
		disk->asked = true;
		disk->asked_at = now;
		pthread_cond_signal(&disk->wake);
	}
	pthread_mutex_unlock(&disk->lock);
}
