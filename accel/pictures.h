/* The pictures of one batch on their way into its input. Each is claimed by who has time for it: a
 * helper (accel/helpers.h), or the engine's thread, which is about to run the batch. Whoever has
 * claimed one prepares it and says so; the engine's thread waits for those that others have.
 *
 * A picture holds a reference of its own to its surface and nothing of its job, which may be taken
 * away and done elsewhere meanwhile.
 */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/repository/model.h"
#include "core/config/config.h"
#include "core/surface.h"

/* Written by the batcher's thread until it is published, then by who has claimed it. */
struct placed_picture {
	struct gw_surface *surface; /* NULL: it was prepared */
	struct gw_region seen; /* all zero: all of it */
	uint16_t source_width, source_height;
	bool once; /* no other picture will be seen like it */
};

struct pictures {
	/* High half: how many there are; low half: the first that nobody has claimed. Both in one,
	 * so that who comes late to one batch claims nothing of the next by mistake. */
	_Atomic uint64_t claims;
	_Atomic uint32_t unready;
	sem_t ready; /* posted once for each batch, when the last one is ready */
	struct placed_picture picture[MODEL_BATCH_MAX];
};

void pictures_open(struct pictures *pictures);

/* Gives back the surfaces of pictures that nobody has claimed. Accepts what was never opened (all
 * zero). No other thread any more. */
void pictures_close(struct pictures *pictures);

/* Lets others claim the first `count`, of a batch that nobody is at work on. */
void pictures_publish(struct pictures *pictures, uint32_t count);

/* Claims the next one. False: all are claimed. Any thread. */
bool pictures_claim(struct pictures *pictures, uint32_t *index);

/* One that was claimed lies in the input: its surface goes back. */
void pictures_done(struct pictures *pictures, uint32_t index);

/* Waits until all of the batch are ready: once, by one thread, when all are claimed. */
void pictures_wait(struct pictures *pictures);
