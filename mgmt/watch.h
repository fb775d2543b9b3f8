/* Looks after the gateway's troubles: asks for them once a second, has them logged, and keeps them
 * for whoever wants to know. */
#pragma once

#include "core/gateway.h"
#include "core/health.h"

struct watch;

/* NULL when out of memory. Nothing is asked yet. */
struct watch *watch_create(struct gw *gw);
void watch_destroy(struct watch *watch);

/* Takes a look; `now` as of gw_now(). One thread, about once a second. */
void watch_look(struct watch *watch, int64_t now);

/* What the last look found. Any thread. */
void watch_read(struct watch *watch, struct gw_health *health);
