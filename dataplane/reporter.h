/* Receiver reports to the cameras (RFC 3550, 6.4.2): when each is due, what it says, and the way it
 * goes. Control thread only, but where it is said: receive threads are asked between two turns, and
 * write nothing. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "core/config/config.h"
#include "dataplane/rtcp.h"

struct dataplane;
struct reporter;

/* What was sent so far. Any thread. */
struct reporter_counts {
	uint64_t sent;
	uint64_t unsent; /* the port took it not, or it is not open */
};

/* NULL when out of memory. Main thread. */
struct reporter *reporter_create(void);

/* Accepts NULL. Main thread. */
void reporter_destroy(struct reporter *reporter);

/* Sends what is due: to cameras whose RTCP came to the port's own address, a report about what came
 * of the session that they send. Others, a mirrored switch port's among them, are not ours to
 * answer. Costs nothing while none is due. */
void reporter_upkeep(struct dataplane *dp, int64_t now);

void reporter_count(const struct reporter *reporter, struct reporter_counts *counts);
