#include "mgmt/alarms/machine.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "mgmt/folder.h"

#define DISKS 3
/* One that is nearly full is well again a little above the limit. */
#define AGAIN_PERCENT 1

struct room {
	double percent; /* below 0: unknown, or told of another path on the same disk */
	double gib;
};

struct alarm_machine {
	struct gw *gw;
	char path[DISKS][PATH_MAX]; /* empty: none */
	pthread_mutex_t lock; /* of the figures */
	struct room room[DISKS];
};

struct alarm_machine *alarm_machine_open(struct gw *gw)
{
	const struct gw_kafka_config *kafka = gw->config->kafka;
	struct alarm_machine *machine = calloc(1, sizeof(*machine));
	const char *const others[] = {
		kafka->spool ? kafka->spool->directory : NULL, kafka->directory};

	if (!machine)
		return NULL;
	machine->gw = gw;
	pthread_mutex_init(&machine->lock, NULL);
	/* Where there is no folder, nothing is kept. */
	if (folder_in(gw, ".", machine->path[0], &(struct gw_error){{0}}) != 0)
		machine->path[0][0] = '\0';
	else
		machine->path[0][strlen(machine->path[0]) - strlen("/.")] = '\0';
	for (int i = 0; i < DISKS - 1; i++)
		if (others[i])
			snprintf(machine->path[i + 1], PATH_MAX, "%s", others[i]);
	for (int i = 0; i < DISKS; i++)
		machine->room[i].percent = -1;
	return machine;
}

void alarm_machine_close(struct alarm_machine *machine)
{
	if (!machine)
		return;
	pthread_mutex_destroy(&machine->lock);
	free(machine);
}

/* Free is what may be used by others than root. */
static struct room look_at(const char *path)
{
	struct room room = {.percent = -1};
	struct statvfs found;

	if (path[0] == '\0' || statvfs(path, &found) != 0 || found.f_blocks == 0)
		return room;
	room.percent = (double)found.f_bavail * 100 / (double)found.f_blocks;
	room.gib = (double)found.f_bavail * (double)found.f_frsize / (1u << 30);
	return room;
}

/* Whether the path lies on a disk that was looked at before; else that is noted. */
static bool is_another(const char *path, dev_t seen[DISKS], int *count)
{
	struct stat facts;

	if (stat(path, &facts) != 0)
		return false;
	for (int i = 0; i < *count; i++)
		if (seen[i] == facts.st_dev)
			return true;
	seen[(*count)++] = facts.st_dev;
	return false;
}

void alarm_machine_look_at_disks(struct alarm_machine *machine)
{
	dev_t seen[DISKS];
	int count = 0;

	for (int i = 0; i < DISKS; i++) {
		struct room room = look_at(machine->path[i]);

		if (room.percent >= 0 && is_another(machine->path[i], seen, &count))
			room.percent = -1;
		pthread_mutex_lock(&machine->lock);
		machine->room[i] = room;
		pthread_mutex_unlock(&machine->lock);
	}
}

static void say_disk(struct alarm_machine *machine, int i, struct gw_alarm_patience patience)
{
	struct gw_alarms *alarms = machine->gw->alarms;
	const char *path = machine->path[i];
	double limit = *machine->gw->config->alarms->disk;

	pthread_mutex_lock(&machine->lock);
	const struct room room = machine->room[i];

	pthread_mutex_unlock(&machine->lock);
	if (limit > 0 && gw_alarms_is_raised(alarms, GW_ALARM_DISK, path))
		limit += AGAIN_PERCENT;
	if (room.percent >= 0 && room.percent < limit)
		gw_alarms_say(alarms, GW_ALARM_DISK, path, GW_DEGRADED, patience,
			"%.1f %% (%.1f GiB) of the disk of %.100s are free", room.percent, room.gib,
			path);
}

void alarm_machine_say(struct alarm_machine *machine, struct gw_alarm_patience patience)
{
	struct timex clock = {0};

	for (int i = 0; i < DISKS; i++)
		if (machine->path[i][0])
			say_disk(machine, i, patience);
	if (*machine->gw->config->alarms->clock &&
		(adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC)))
		gw_alarms_say(machine->gw->alarms, GW_ALARM_CLOCK, NULL, GW_DEGRADED, patience,
			"the clock of this machine is not synchronised");
}
