/* Several models' opinions of one thing as one: an ensemble.
 *
 * The members have looked at the same picture, or the same crop, and have the same task, classify
 * or detect, and the same labels in the same order: the caller has seen to that, labels are
 * compared by their numbers. Pure functions: they read the members and write the result, whatever
 * thread.
 *
 * Mean. classify: over all labels that a member names, the mean of the confidences, where a member
 * that does not name a label says 0. detect: boxes that belong together (accel/match.h) become one
 * box: the mean of the sides, weighted by the confidences, with the mean of the confidences, 0 of a
 * member that has none.
 *
 * Vote. classify: the share of members that hold a label for the most likely one; equal shares are
 * in the order of their means. detect: as the mean, but a box stays only when at least half of the
 * members have it, and its confidence is the mean of those that have it.
 *
 * Disagreement, 0 .. 1. classify: 1 - the share of members whose most likely label is the most
 * frequent such label. A member that names no label counts as one that says "none of them", which
 * is a label here. detect: 1 - boxes that all members have / all boxes, what belongs together being
 * one box; 0 when nobody has any.
 */
#pragma once

#include <stdint.h>

#include "core/config/plan.h"
#include "core/result.h"

/* Whether an ensemble of that task can be combined. */
bool combine_can(enum gw_task task);

/* Writes task, count, findings and disagreement; no other member of `result`, which is none of the
 * members. `count` is 1 .. GW_ENSEMBLE. Findings come best first, at most GW_TOP_K classes or
 * GW_BOXES boxes, without keypoints: those of several models are not mixed. Of a finding, model and
 * parent are left to the caller. Of more than GW_BOXES boxes of one member the rest is not looked
 * at. */
void combine(enum gw_combine how, const struct gw_result *const *members, uint32_t count,
	struct gw_result *result);
