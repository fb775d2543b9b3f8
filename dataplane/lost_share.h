/* The share of a session's packets that was lost since the last report that went (RFC 3550, 6.4.1
 * and A.3). Of one that did not go, the next report tells the interval, too: nobody else would.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/reception.h"

struct lost_share {
	uint64_t expected, lost; /* as of the last report that is known to have gone */
	uint64_t new_expected,
		new_lost; /* ... and of the one after it, of which that is not known */
};

/* Another session: its counts begin anew. */
void lost_share_begin(struct lost_share *share);

/* A report is due: its share, in 1/256. `was_left_out`: the one before did not go after all. */
uint8_t lost_share_next(
	struct lost_share *share, const struct reception_facts *facts, bool was_left_out);

/* It could not even be handed on. */
void lost_share_take_back(struct lost_share *share);
