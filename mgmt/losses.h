/* What does not get through, as troubles: frames that are given up for want of time or room,
 * cameras that send something else than pictures, pictures that no decoder reads, packets that were
 * lost before us, cameras that are silent. */
#pragma once

#include "core/gateway.h"
#include "core/health.h"

struct losses;
struct rates;

/* `rates` must outlive it. NULL when out of memory. */
struct losses *losses_create(const struct gw *gw, struct rates *rates);
void losses_destroy(struct losses *losses); /* accepts NULL */

/* Takes a reading every five seconds, when it is called more often; `now` as of gw_now(). One
 * thread.
 */
void losses_note(struct losses *losses, int64_t now);

/* Adds what the last two readings say. Any thread. */
void losses_health(struct losses *losses, struct gw_health *health, int64_t now);
