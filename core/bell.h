/* Wakes threads that rest because they found nothing to do: an event count on a futex.
 *
 * One that wants to rest listens, looks for work once more, and waits; one that gives it work makes
 * that visible and rings. A ring between listening and waiting is not missed. Ringing costs an
 * exchange where nobody listens, and a system call where somebody does. All zero is a bell.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gw_bell {
	_Alignas(64) _Atomic uint32_t listeners;
	_Atomic uint32_t rung; /* the futex; how often, while somebody listened */
	/* An eventfd that is rung in place of the futex, for a listener that waits for other
	 * descriptors, too; 0: none. Set while nobody rings. */
	int fd;
};

/* Wakes all that listen. What was written before is seen by the look that each takes then. Any
 * thread. */
void gw_bell_ring(struct gw_bell *bell);

/* The same for listeners that are alike, of whom each takes one piece of work: so many are enough.
 * Not for a bell with a descriptor. */
void gw_bell_ring_for(struct gw_bell *bell, uint32_t pieces);

/* From here on a ring is heard; returns what gw_bell_wait() wants to know. */
uint32_t gw_bell_listen(struct gw_bell *bell);

/* The same for one that listens already: what it does now counts as its last look. */
uint32_t gw_bell_heard(const struct gw_bell *bell);

/* Waits until the bell has rung since it was listened to, at most so many nanoseconds. Returns
 * whether it has. The caller still listens. */
bool gw_bell_wait(struct gw_bell *bell, uint32_t heard, int64_t ns);

/* Ends what gw_bell_listen() began. */
void gw_bell_leave(struct gw_bell *bell);
