/* What runs have found, as its caller sees it. One thread at a time.
 */
#pragma once

#include "lib/engine.h"

/* Forgets what was there, and makes room for so many pictures. Returns 0 or -ENOMEM. */
int results_begin(struct framegate_results *results, size_t count);

/* Copies what came of a frame to picture number `index`. Returns 0 or -ENOMEM. */
int results_put(struct framegate_results *results, struct framegate *engine, size_t index,
	const struct gw_frame *frame, unsigned int flags);
