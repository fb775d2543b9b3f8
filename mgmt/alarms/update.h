/* What became of this machine's last update, as its updater writes it (docs/appliance.md): a file
 * of one JSON object. Where there is none, nobody updates it that way. */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

struct alarm_update;

/* NULL when out of memory. Close accepts NULL. */
struct alarm_update *alarm_update_open(struct gw *gw);
void alarm_update_close(struct alarm_update *update);

/* Reads the file when it has changed. One thread, which may wait for the disk. */
void alarm_update_look(struct alarm_update *update);

/* Says that it failed, if it did. Waits for no disk. The thread that looks for alarms. */
void alarm_update_say(struct alarm_update *update, struct gw_alarm_patience patience);
