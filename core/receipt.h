/* How a source that asks hears what became of each of its frames: it may let go of what it has of
 * it only then.
 *
 * A frame carries a receipt, a number of the source's own; the sink's lane returns it once, with
 * the outcome, over a ring that leads from that lane to the source's. Results that wait for the
 * brokers hold no slot, so that the source bounds them itself: it has at most GW_RECEIPTS out at a
 * time, and no ring can overflow.
 */
#pragma once

#include <stdint.h>

#include "core/drops.h"

#define GW_RECEIPTS 8192u

struct gw_returned {
	uint64_t receipt;
	enum gw_drop outcome; /* GW_DROP_NONE: the result was delivered */
};

struct gw_receipts;

/* NULL when out of memory. */
struct gw_receipts *gw_receipts_create(void);
void gw_receipts_destroy(struct gw_receipts *receipts); /* accepts NULL */

/* Nothing for receipt 0: nobody asks. Aborts when more are out than may be: one was returned twice.
 * The sink's lane. */
void gw_receipt_return(struct gw_receipts *receipts, uint64_t receipt, enum gw_drop outcome);

/* Takes up to `count`, oldest first, and returns how many. The source's lane. */
uint32_t gw_receipts_take(
	struct gw_receipts *receipts, struct gw_returned *returned, uint32_t count);
