/* Whether a model is asked for more than it can do, over the last seconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/credit.h"
#include "core/health.h"

/* Looked at once a second, over so many seconds. */
#define OVERLOAD_SECONDS 5

struct overload {
	struct overload_sample {
		int64_t when; /* gw_now(), 0: not yet */
		uint64_t came, shed, done;
	} sample[OVERLOAD_SECONDS];
	uint32_t next; /* the one to overwrite: the oldest */

	/* What the last look found, per second; written by the stage's thread, read by any. */
	_Atomic float came, shed, done;
};

/* Whether it is time to look: once a second. The stage's thread. */
bool overload_is_due(const struct overload *overload, int64_t now);

/* Looks at what the model's frames have come to. `refused`: frames of its cameras that were
 * turned away where they began because the cameras had too many on the way; never less than before.
 * The stage's thread. */
void overload_look(
	struct overload *overload, const struct gw_credit *credit, uint64_t refused, int64_t now);

/* Begins anew, for another model. The stage's thread. */
void overload_forget(struct overload *overload);

/* Adds "accel.<model>.overload" when at least one frame in a hundred was shed. Any thread. */
void overload_health(const struct overload *overload, const char *model, struct gw_health *health);
