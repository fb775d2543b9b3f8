/* Looks for alarms, once a second on a thread of its own, and has the journal told of what is
 * raised and cleared. */
#pragma once

#include "core/gateway.h"

struct alarm_look;
struct rates;
struct watch;

/* `rates` and `watch` must outlive it. NULL when out of memory. Close accepts NULL. */
struct alarm_look *alarm_look_open(struct gw *gw, struct rates *rates, struct watch *watch);
void alarm_look_close(struct alarm_look *look);

/* Reads what lies on the disk, about once a second on a thread that may wait for it. */
void alarm_look_on_disk(struct alarm_look *look);

/* One look. Waits for no disk. */
void alarm_look_now(struct alarm_look *look, int64_t now);
