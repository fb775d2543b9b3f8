/* What systemd is told (sd_notify(3)); without it, nothing is. */
#pragma once

#include <stdint.h>

struct gw;

/* That the configuration is being read again. systemd waits for the end from 253 on
 * (Type=notify-reload), and knows by the time that it is this reload's. Control thread. */
void service_manager_reloading(void);
void service_manager_reloaded(void);

/* That something large is read before the gateway is ready: every 5 s, a line of the log, and that
 * systemd is to wait for longer. As gw->on_reading. */
void service_manager_reading(const struct gw *gw, const char *what, uint64_t done, uint64_t all);

/* Every 5 s, what `systemctl status` shows: in a line, what `gwctl status` says. Asks every part of
 * the gateway, while a service manager listens. Called with the control thread's upkeep. */
void service_manager_upkeep(struct gw *gw, int64_t now);
