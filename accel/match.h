/* Boxes of several models, or of two versions of one, that belong together.
 *
 * They do when they are of one label and overlap by IoU 0.5 or more, at most one of each member.
 * The best box of all that are left chooses of each other member the one that it overlaps most. Of
 * more than GW_BOXES boxes of one member the rest is not looked at. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/plan.h"
#include "core/result.h"

#define MATCH_IOU 0.5f

struct match {
	const struct gw_result *const *members;
	uint32_t member_count;
	uint32_t count[GW_ENSEMBLE];
	bool taken[GW_ENSEMBLE][GW_BOXES]; /* the others are left */
};

/* `count` members, 1 .. GW_ENSEMBLE, which stay. */
void match_begin(struct match *match, const struct gw_result *const *members, uint32_t count);

/* Takes the best box that is left, and what belongs to it: `group` has each member's box, NULL for
 * one that has none there; *best is the member whose box it was. False: none is left. */
bool match_next(struct match *match, const struct gw_finding *group[GW_ENSEMBLE], uint32_t *best);
