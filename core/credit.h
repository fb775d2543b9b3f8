/* How many of a model's frames are worked on at a time: a frame is decoded only when its model will
 * soon take it. The others wait undecoded, where they can still be shed for nothing.
 *
 * A frame counts from the moment that a decoder is given it until its inference has ended, or it
 * has failed. The accel stage says how many keep the engine busy: two full batches, one that runs
 * and one that follows at once. The decode stage adds half of what its decoder wants to hold, so
 * that the following batch is decoded while the two are on their way.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

/* One model's. Written by any thread, but for `enough`: by who opens its versions. */
struct gw_credit {
	_Alignas(64) _Atomic uint32_t inside; /* frames that count */
	_Atomic uint32_t enough; /* what keeps the engine busy */

	/* Frames, ever, for the overload to be told. */
	_Atomic uint64_t came; /* for this model, to the decode stage */
	_Atomic uint64_t shed; /* ... and were given up undecoded */
	_Atomic uint64_t begun; /* ... and were given to a decoder */
	_Atomic uint64_t done; /* ... and are through with inference */
};

/* Whether one more frame may be begun, where `more` than enough are welcome. */
static inline bool gw_credit_left(const struct gw_credit *credit, uint32_t more)
{
	return atomic_load_explicit(&credit->inside, memory_order_relaxed) <
		atomic_load_explicit(&credit->enough, memory_order_relaxed) + more;
}

/* The frame counts from now on. Its owner only. */
static inline void gw_credit_take(struct gw_credit *credit, struct gw_frame *frame)
{
	atomic_fetch_add_explicit(&credit->inside, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&credit->begun, 1, memory_order_relaxed);
	frame->credit = credit;
}

/* The frame counts no longer; accepts one that never did. Its owner only. */
static inline void gw_credit_return(struct gw_frame *frame)
{
	struct gw_credit *credit = frame->credit;

	if (!credit)
		return;
	if (frame->state == GW_FRAME_RESULT)
		atomic_fetch_add_explicit(&credit->done, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&credit->inside, 1, memory_order_relaxed);
	frame->credit = NULL;
}
