/* The audit: is everything that came in accounted for, on the running gateway? */
#pragma once

#include "mgmt/tally.h"

/* One slot, what removed cameras left, the packets of no camera (the last one), or the sum of all.
 */
struct audit_subject {
	uint32_t id; /* a slot, GW_REMOVED or GW_UNMATCHED */
	struct tally
		tally[API_UNITS]; /* each with no more than its unit's figures, of one moment */
	bool balanced[API_UNITS];
};

struct audit {
	bool balanced;
	uint32_t count; /* of subjects, as tally_subjects() lists them */
	struct audit_subject total;
	struct audit_subject subject[];
};

/* Reads until every equation of every camera holds, `attempts` times at most with a pause of 2 ms.
 *
 * The counters of one equation are only judged when two readings in a row agree, so that they
 * belong to one moment; what is merely in motion settles, a real leak stays. The total is the sum
 * of the cameras' moments. Free the result with free(); NULL: no memory. Any thread. */
struct audit *audit_run(const struct gw *gw, int attempts);
