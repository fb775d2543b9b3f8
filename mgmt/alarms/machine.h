/* The machine below: room on the disks that the gateway writes to, and its clock. */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

struct alarm_machine;

/* NULL when out of memory. Close accepts NULL. */
struct alarm_machine *alarm_machine_open(struct gw *gw);
void alarm_machine_close(struct alarm_machine *machine);

/* Asks how much is free: waits for a disk that hangs. A thread of its own, about once a second. */
void alarm_machine_look_at_disks(struct alarm_machine *machine);

/* Says what the last look at the disks found, and how the clock is. The thread that looks. */
void alarm_machine_say(struct alarm_machine *machine, struct gw_alarm_patience patience);
