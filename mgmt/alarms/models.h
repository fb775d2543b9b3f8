/* Models whose engine gives pictures back undone. */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

struct alarm_models;

/* NULL when out of memory. Close accepts NULL. */
struct alarm_models *alarm_models_open(struct gw *gw);
void alarm_models_close(struct alarm_models *models);

/* The thread that looks, about once a second. */
void alarm_models_say(struct alarm_models *models, struct gw_alarm_patience patience, int64_t now);
