/* What a thread does that polls and found nothing: it stays awake for a moment, then rests, longer
 * the longer that lasts. All but `policy` zero is a thread that just came. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/bell.h"
#include "core/config/config.h"

/* Rests until there may be work (not where it is `deaf` to all but the bell) or the bell's
 * descriptor says that it was rung, at most so long. Returns whether that is so. */
typedef bool gw_rest_fn(void *arg, int64_t ns, bool deaf);

struct gw_idle {
	enum gw_idle_policy policy;
	/* Who brings work rings it; then a rest can be long. NULL: nobody does. */
	struct gw_bell *bell;
	/* With a bell: what to rest in, for who waits for more than the bell. NULL: for it alone.
	 */
	gw_rest_fn *rest;
	void *arg;
	/* What waits here may be able to go on although nobody rings: rests are as short as without
	 * a bell. May change from turn to turn. */
	bool clocked;

	/* Of idle.c. */
	uint32_t empty_turns; /* of those that one stays awake for */
	uint32_t rests; /* since there was work */
	bool listening, woken;
	bool gathers, gathered; /* work comes piece by piece; it was let gather since the last */
	uint32_t heard;
};

/* After a turn that did `work`: goes on at once, or rests. Never rests under `spin`. */
void gw_idle_after(struct gw_idle *idle, uint32_t work);

/* After a turn in which somebody asked for something, and may do so again at once: stays awake for
 * a moment, and rests as before. */
void gw_idle_stay_awake(struct gw_idle *idle);

/* The thread ends: nobody need ring for it. */
void gw_idle_end(struct gw_idle *idle);
