/* What a search looks for, from the command line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/options.h"
#include "gwgen/search.h"

#define LINE_RATE_SIZES 16
#define LINE_RATE_MIX 0 /* the cameras' pictures, in place of a frame size */

struct line_rate_plan {
	struct search_goal goal; /* but for the loss that a criterion allows */
	double most_pps; /* 0: what the link carries */
	uint32_t sizes[LINE_RATE_SIZES], size_count; /* of frames, with FCS */
	bool packets, frames; /* criteria */
};

/* -EINVAL and a line. */
int line_rate_plan_read(
	struct line_rate_plan *plan, const struct options *options, struct gw_error *error);
