/* Makes pictures that are too large smaller, on a thread of its own: the lane hands them over and
 * takes what became of them, and waits for nobody. A few at a time; one more is refused.
 *
 * All functions but open and close are the lane's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sink/sink.h"

#define REDUCER_JOBS 4 /* at a time */

struct gw_lane;
struct reducer;

/* For a lane, whose bell is rung for each that is through, and pictures that shall have at most so
 * many bytes. NULL and errno. */
struct reducer *reducer_open(struct gw_lane *lane, uint32_t most);

/* Accepts NULL. Nobody needs what it has made any more. */
void reducer_close(struct reducer *reducer);

/* Takes a sample, whose frame the caller holds until it comes back, to be made no larger than
 * `room`. False: as many as it can have are on their way. */
bool reducer_take(struct reducer *reducer, const struct sink_record *record, uint32_t room);

/* One that is through, behind `after`, an earlier one of the same round (NULL: the first one);
 * NULL: there is none. So one that is kept holds up no other. Its value is the smaller picture, or
 * of size 0 when none could be made. */
const struct sink_record *reducer_next(struct reducer *reducer, const struct sink_record *after);

/* The record of reducer_next() goes on its way: its picture stays until its frame is let go of. */
void reducer_send(struct reducer *reducer, const struct sink_record *record);

/* It could not: it comes again. */
void reducer_keep(struct reducer *reducer, const struct sink_record *record);

/* Nobody waits any more for the frame's own picture: it comes back as one that could not be made.
 */
void reducer_give_up(struct reducer *reducer, const struct gw_frame *frame);

/* Or it does not go at all. */
void reducer_drop(struct reducer *reducer, const struct sink_record *record);

/* Nothing of the frame is on its way any more. Accepts no reducer. */
void reducer_let_go(struct reducer *reducer, const struct gw_frame *frame);
