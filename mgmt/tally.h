/* What the stages counted for one camera, added up: the figures that API and audit work with. */
#pragma once

#include <stdint.h>

#include "core/gateway.h"

#define API_UNITS 4 /* packets, frames, samples, records: enum gw_unit */

struct tally {
	uint64_t packets, packets_used, bytes;
	uint64_t records, records_used;
	uint64_t frames_begun; /* by the dataplane, or from records */
	uint64_t frames_complete; /* ... and pushed on */
	uint64_t delivered;
	uint64_t slots; /* of the pool, in use for this camera */
	uint64_t results_waiting, results_spooled;
	uint64_t samples, samples_delivered, samples_held, samples_beside, samples_spooled;
	uint64_t drops[GW_DROP_COUNT];
	uint64_t events[GW_EVENT_COUNT];
};

/* One conservation equation: received = delivered + dropped + in flight + spooled (core/stats.h).
 */
struct tally_equation {
	uint64_t received, delivered, dropped, spooled;
	int64_t in_flight; /* negative only when the gauges contradict each other */
};

/* Reads all counters of one subject: a slot, whether a camera has it or not, GW_UNMATCHED or
 * GW_REMOVED. `in_use` are the slots of all cameras, of gw_pool_count(), for who reads many; NULL:
 * they are counted. The result is not one moment: stages go on counting while it is read. Any
 * thread. */
void tally_read(const struct gw *gw, uint32_t subject, const uint32_t *in_use, struct tally *tally);

/* The same for no more than one unit's equation needs, which takes less time; the rest becomes 0.
 */
void tally_read_unit(const struct gw *gw, uint32_t subject, enum gw_unit unit, struct tally *tally);

/* All that is counted apart, into GW_SUBJECTS places: every slot that was ever used, what removed
 * cameras left, what matches none. Returns how many. */
uint32_t tally_subjects(const struct gw *gw, uint32_t *subjects);

/* Whether a camera has the slot now; else its figures belong to one that was removed. Held. */
bool tally_is_camera(const struct gw *gw, uint32_t subject);

void tally_add(struct tally *sum, const struct tally *one);

/* The sum of all drops of one unit. */
uint64_t tally_dropped(const struct tally *tally, enum gw_unit unit);

struct tally_equation tally_equation(const struct tally *tally, enum gw_unit unit);

bool tally_balanced(const struct tally_equation *equation);
