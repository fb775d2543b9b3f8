/* What a poll loop does when it found nothing: sleep longer the longer it lasts. */
#pragma once

#include <stdint.h>

#include "core/config/config.h"

struct gw_idle {
	enum gw_idle_policy policy;
	uint32_t empty_turns;
};

/* After a turn that did `work`. Sleeps at most 2 ms (adaptive), never (spin). */
void gw_idle_after(struct gw_idle *idle, uint32_t work);
