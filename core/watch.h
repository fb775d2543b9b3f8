/* Whether every lane turns: told apart from one that hangs in a system call, was stopped, or spins
 * in an endless loop within a turn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gw;
struct gw_health;

/* Looks at all lanes, several times a second; returns whether each has turned within the last two
 * seconds. Main thread. */
bool gw_watch_lanes(struct gw *gw, int64_t now);

/* Adds a trouble for each lane that stands still, as gw_watch_lanes() saw it. Any thread. */
void gw_watch_health(struct gw *gw, struct gw_health *health);
