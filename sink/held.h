/* Results that are held because it is not known yet whether a picture goes along: that of a frame
 * whose picture is being made smaller, and those of the same camera after it. They go in their
 * order when it is known; no other camera waits.
 *
 * A result is a copy: its frame's slot is free. It counts as waiting from the beginning, as one
 * that the back-end has. All functions but open and close are the lane's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gw_frame;
struct held;
struct sink;
struct sink_record;

#define HELD_BYTES (8u << 20) /* of a lane's results; a power of two */

/* NULL and errno. */
struct held *held_open(void);

/* Accepts NULL. What is in it is gone; the stage has counted it. */
void held_close(struct held *held);

/* Whether a result of that camera waits here: the next one waits behind it. Accepts no `held`. */
bool held_has(const struct held *held, uint32_t camera);

/* Copies a result. `awaits`: it says that its frame's picture does not go along, and waits until
 * that is known. False: there is no room, before more of what is here has gone. */
bool held_add(struct sink *sink, const struct sink_record *result, bool awaits);

/* What the result that was added last is to be instead when its picture goes along: a few bytes
 * more at most. */
void held_set_sampled(struct held *held, const void *value, uint32_t size);

/* It is known what becomes of a frame's picture. False: no result waited for that. */
bool held_answer(struct held *held, const struct gw_frame *frame, bool sampled);

/* Hands over what may go. Returns how many did. */
uint32_t held_send(struct sink *sink);

/* Waits no longer for the oldest picture of a frame that is not lossless, that was asked for before
 * `before` (gw_now()): its result says that there is none. Returns its frame, or NULL when there is
 * none. */
const struct gw_frame *held_give_up(struct held *held, int64_t before);

/* Waits for no picture at all any more: the end. */
void held_give_up_all(struct held *held);
