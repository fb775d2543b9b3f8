/* What systemd is told (sd_notify(3)); without it, nothing is. */
#pragma once

#include <stdint.h>

struct gw;

/* That the configuration is being read again. systemd waits for the end from 253 on
 * (Type=notify-reload), and knows by the time that it is this reload's. Control thread. */
void service_manager_reloading(void);
void service_manager_reloaded(void);

/* Every 5 s, what `systemctl status` shows: in a line, what `gwctl status` says. Asks every part of
 * the gateway, while a service manager listens. Called with the control thread's upkeep. */
void service_manager_upkeep(struct gw *gw, int64_t now);
