/* Which of the gateway's troubles are alarms: what health knows already, an alarm follows. */
#pragma once

#include "core/alarm.h"
#include "core/health.h"

/* Says all of them. The thread that looks. */
void alarm_troubles_say(struct gw_alarms *alarms, const struct gw_health *health,
	struct gw_alarm_patience patience);
