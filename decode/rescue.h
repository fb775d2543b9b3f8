/* A device that decodes and has failed: it is given nothing for a while, then tried again, after
 * pauses that double up to a minute. The processor decodes meanwhile. One for each worker.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/error.h"

struct rescue {
	int64_t retry_at, pause_ns; /* the worker's */
	/* Written by the worker, read by any. */
	struct gw_counter failing; /* 1: the device failed the last time */
	struct gw_counter rescued; /* pictures that the processor made for that */
};

/* Whether the device is left alone at `now` (gw_now()). */
bool rescue_pauses(const struct rescue *rescue, int64_t now);

/* The device failed just now, as the line says: it is logged where that is new. */
void rescue_failed(struct rescue *rescue, const struct gw_error *error);

/* It did what it should. `name` is its own. */
void rescue_works(struct rescue *rescue, const char *name);
