#include "mgmt/alarms/machine.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "core/clock.h"
#include "core/utf8.h"
#include "mgmt/alarms/disk.h"
#include "mgmt/folder.h"

#define DISKS 3
/* One that is nearly full is well again a little above the limit. */
#define AGAIN_PERCENT 1
/* One that sleeps may take some seconds to answer. */
#define LATE_NS (20 * GW_NS_PER_S)
#define SHOWN 100 /* bytes of a path */

struct alarm_machine {
	struct gw *gw;
	struct disk *disk[DISKS];
	int count;
};

struct alarm_machine *alarm_machine_open(struct gw *gw)
{
	const struct gw_kafka_config *kafka = gw->config->kafka;
	struct alarm_machine *machine = calloc(1, sizeof(*machine));
	char state[PATH_MAX] = "";

	if (!machine)
		return NULL;
	machine->gw = gw;
	/* Where there is no folder, nothing is kept. */
	if (folder_in(gw, ".", state, &(struct gw_error){{0}}) == 0)
		state[strlen(state) - strlen("/.")] = '\0';
	else
		state[0] = '\0';
	const char *const paths[DISKS] = {
		state, kafka->spool ? kafka->spool->directory : NULL, kafka->directory};

	for (int i = 0; i < DISKS; i++) {
		if (!paths[i] || paths[i][0] == '\0')
			continue;
		machine->disk[machine->count] = disk_open(paths[i]);
		if (!machine->disk[machine->count]) {
			alarm_machine_close(machine);
			return NULL;
		}
		machine->count++;
	}
	return machine;
}

void alarm_machine_close(struct alarm_machine *machine)
{
	if (!machine)
		return;
	for (int i = 0; i < machine->count; i++)
		disk_close(machine->disk[i]);
	free(machine);
}

/* Whether a disk that was asked before is the same: it is told once. */
static bool is_told(const struct disk_facts facts[DISKS], int i)
{
	for (int k = 0; k < i; k++)
		if (facts[k].percent >= 0 && facts[k].device == facts[i].device)
			return true;
	return false;
}

static void say_disk(struct alarm_machine *machine, const struct disk_facts facts[DISKS], int i,
	struct gw_alarm_patience patience)
{
	struct gw_alarms *alarms = machine->gw->alarms;
	const char *path = disk_path(machine->disk[i]);
	const int shown = gw_utf8_fit(path, SHOWN);
	double limit = *machine->gw->config->alarms->disk;

	if (facts[i].late_ns >= LATE_NS) {
		gw_alarms_say(alarms, GW_ALARM_DISK, path, GW_FAILED, patience,
			"the disk of %.*s has not answered for %lld s", shown, path,
			(long long)(facts[i].late_ns / GW_NS_PER_S));
		return;
	}
	/* Where no folder is, nothing is kept; who would keep something there has a trouble of its
	 * own.
	 */
	if (facts[i].fault == ENOENT)
		return;
	if (facts[i].fault != 0) {
		gw_alarms_say(alarms, GW_ALARM_DISK, path, GW_FAILED, patience,
			"the disk of %.*s does not say what is free: %s", shown, path,
			strerror(facts[i].fault));
		return;
	}
	if (gw_alarms_is_raised(alarms, GW_ALARM_DISK, path))
		limit += AGAIN_PERCENT;
	if (facts[i].percent >= 0 && facts[i].percent < limit && !is_told(facts, i))
		gw_alarms_say(alarms, GW_ALARM_DISK, path, GW_DEGRADED, patience,
			"%.1f %% (%.1f GiB) of the disk of %.*s are free", facts[i].percent,
			facts[i].gib, shown, path);
}

static void say_disks(struct alarm_machine *machine, struct gw_alarm_patience patience, int64_t now)
{
	struct disk_facts facts[DISKS];

	for (int i = 0; i < machine->count; i++)
		disk_ask(machine->disk[i], now, &facts[i]);
	for (int i = 0; i < machine->count; i++)
		say_disk(machine, facts, i, patience);
}

void alarm_machine_say(
	struct alarm_machine *machine, struct gw_alarm_patience patience, int64_t now)
{
	struct timex clock = {0};

	if (*machine->gw->config->alarms->disk > 0)
		say_disks(machine, patience, now);
	if (*machine->gw->config->alarms->clock &&
		(adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC)))
		gw_alarms_say(machine->gw->alarms, GW_ALARM_CLOCK, NULL, GW_DEGRADED, patience,
			"the clock of this machine is not synchronised");
}
