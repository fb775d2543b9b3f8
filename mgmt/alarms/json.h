/* Alarms as others read them: in the API and in a webhook's body. */
#pragma once

#include "core/alarm.h"

struct json_t;

/* New objects; NULL when out of memory. Any thread. */
struct json_t *alarm_json(const struct gw_alarm *alarm);

/* An alarm with what became of it: "number", "time", "state" ("raised", "cleared"). */
struct json_t *alarm_event_json(const struct gw_alarm_event *event);
