/* Cameras that send no pictures, and those of which packets are lost. */
#pragma once

#include "core/alarm.h"
#include "core/gateway.h"

struct rates;
struct alarm_cameras;

/* NULL when out of memory. `rates` must outlive it. Close accepts NULL. */
struct alarm_cameras *alarm_cameras_open(struct gw *gw, struct rates *rates);
void alarm_cameras_close(struct alarm_cameras *cameras);

/* The thread that looks, about once a second; the cameras are held. */
void alarm_cameras_say(
	struct alarm_cameras *cameras, struct gw_alarm_patience patience, int64_t now);
