/* A rollout from inside, for the files that make it up. All under its lock. */
#pragma once

#include "accel/rollout/rollout.h"
#include "core/gateway.h"
#include "core/stage.h"

struct rollout *rollout_of(struct gw_stage *stage, const struct route *route);
const struct gw_model_info *rollout_stable_info(
	const struct gw_stage *stage, const struct route *route);

/* Whether versions make the same of a picture, so that no decoder need be told. */
bool rollout_same_input(const struct gw_model_info *a, const struct gw_model_info *b);

/* Writes down what runs. When that cannot be it says so, once, and is to be called again: the
 * control thread does so every 10 s until it is written. */
void rollout_keep(struct gw_stage *stage, const struct route *route, struct rollout *rollout);

/* ... when that is due. Control thread. */
void rollout_keep_again(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout, int64_t now);

/* Lets as many frames be decoded as the versions need that look. */
void rollout_set_enough(struct gw_stage *stage, const struct route *route);

/* Whether enough was seen of the canary in this step, and of its answers beside the stable
 * version's: after so many pictures that they would have been compared, if they could be. */
bool rollout_has_shown_itself(const struct rollout *rollout);

/* The canary is there; its first step begins when the control thread comes to it. */
void rollout_lead(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, uint32_t canary);

/* The stable version has all pictures, from now on. */
void rollout_take_back(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, const char *reason);

/* From now on counts what the versions do; and reads it. */
void rollout_begin_figures(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout);
void rollout_read_figures(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout);

/* What a version did since ever. */
void rollout_sum(
	struct gw_stage *stage, const struct route *route, uint16_t model, struct judge_side *side);
