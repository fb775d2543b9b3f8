/* The relays of all cameras that have a session, on a thread of their own: while a change of
 * cameras is made, which sessions wait for, packets go on.
 *
 * There is one at most for each slot of a camera. A lock is held for a turn of all that are ready,
 * and never while the thread waits. One thread at a time makes relays and takes them away. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "session/relay.h"

struct gw;
struct relays;

/* NULL with a line. */
struct relays *relays_create(struct gw *gw, struct gw_error *error);

/* Starts the thread. 0, or a negative errno with a line. */
int relays_start(struct relays *relays, struct gw_error *error);

/* Ends it, until `deadline` (gw_now()). False: it hangs. */
bool relays_stop(struct relays *relays, int64_t deadline);

/* Accepts NULL. The thread has ended. */
void relays_destroy(struct relays *relays);

/* Makes one for its camera's slot, which has none. Owns both files from then on, also on failure.
 * `packet` says slot, addresses and ports. 0, or a negative errno with a line: there is none then.
 * Any thread but the relays' own, as what follows. */
int relays_add(struct relays *relays, struct line camera, int speaker, const uint8_t channels[2],
	const struct gw_packet *packet, struct gw_error *error);

/* What is known of one; {0}: nothing, or there is none. */
struct relay_seen {
	int ended; /* why: see relay.h */
	uint64_t ignored, skipped; /* answers, and bytes */
};

/* The thread that makes them and takes them away: it waits for no lock, for it looks at every
 * camera that plays, in every turn. */
struct relay_seen relays_seen(const struct relays *relays, uint32_t slot);

/* Why one has ended, where its connection says more than that: a negative errno with a line; 0: it
 * does not. Accepts a slot that has none. */
int relays_explain(struct relays *relays, uint32_t slot, struct gw_error *error);

/* See relay_give_up(). Accepts a slot that has none. */
void relays_give_up(struct relays *relays, uint32_t slot);

/* Takes it away, with what the speaker said last. Accepts a slot that has none. */
void relays_remove(struct relays *relays, uint32_t slot);
