/* The machine below: room on the disks that the gateway writes to, and its clock. */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

struct alarm_machine;

/* NULL when out of memory or threads. Close accepts NULL. */
struct alarm_machine *alarm_machine_open(struct gw *gw);
void alarm_machine_close(struct alarm_machine *machine);

/* Says what the disks answered last, that one does not answer, and how the clock is; asks the disks
 * again, and waits for none. The thread that looks. */
void alarm_machine_say(
	struct alarm_machine *machine, struct gw_alarm_patience patience, int64_t now);
