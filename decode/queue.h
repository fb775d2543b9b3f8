/* Frames on their way between the stage's thread and the workers of a decoder.
 *
 * They stand in a ring, which the stage's thread fills; workers draw tickets, each ticket one
 * frame. What is done goes back on a stack, which the stage's thread takes as a whole: a picture
 * that takes long holds up no other.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "core/bell.h"
#include "core/frame.h"

#define DECODE_CACHE_LINE 64

struct decode_queue {
	/* Frames that came, ever. Written by the stage's thread, read by the workers. */
	_Alignas(DECODE_CACHE_LINE) _Atomic uint64_t submitted;
	struct gw_frame *returned; /* taken from `done`, oldest first; the stage's thread only */
	/* Frames that workers have begun. */
	_Alignas(DECODE_CACHE_LINE) _Atomic uint64_t ticket;
	/* Frames that workers have finished, by turn_next, newest first. */
	_Alignas(DECODE_CACHE_LINE) _Atomic(struct gw_frame *) done;
	_Atomic(struct gw_frame *) *ring;
	uint64_t mask;
	struct gw_bell *back; /* rung when a frame is done; NULL: nobody waits */
	struct gw_bell came; /* rung when frames were added, for workers that rest */
	bool alike; /* any worker may take any frame: one is woken for each */
};

/* For a queue that is all zero: room for `depth` frames. `back` is rung for each that is done, and
 * may be NULL. 0 or -ENOMEM. */
int decode_queue_open(struct decode_queue *queue, uint32_t depth, struct gw_bell *back);

/* Accepts one that did not open. No worker any more. */
void decode_queue_close(struct decode_queue *queue);

/* Adds frames, of which never more than `depth` are not back. The stage's thread. */
void decode_queue_submit(
	struct decode_queue *queue, struct gw_frame *const *frames, uint32_t count);

/* Takes up to `count` frames that are done, the oldest first, and returns how many. The stage's
 * thread. */
uint32_t decode_queue_poll(struct decode_queue *queue, struct gw_frame **frames, uint32_t count);

/* The next frame to work on; NULL when there is none. Any worker. */
struct gw_frame *decode_queue_draw(struct decode_queue *queue);

/* Frames that no worker has begun. Any thread; a snapshot. */
static inline uint64_t decode_queue_waiting(const struct decode_queue *queue)
{
	const uint64_t ticket = atomic_load_explicit(&queue->ticket, memory_order_relaxed);
	const uint64_t submitted = atomic_load_explicit(&queue->submitted, memory_order_relaxed);

	return submitted > ticket ? submitted - ticket : 0;
}

/* Gives it back. Any worker. */
void decode_queue_done(struct decode_queue *queue, struct gw_frame *frame);
