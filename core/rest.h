/* What a poll loop does when it found nothing: rest longer the longer it lasts. */
#pragma once

#include <stdint.h>

#include "core/config.h"

struct gw_rest {
	enum gw_idle_policy policy;
	uint32_t empty_turns;
};

/* After a turn that did `work`. Sleeps at most 500 us (adaptive), never (spin). */
void gw_rest_after(struct gw_rest *rest, uint32_t work);
