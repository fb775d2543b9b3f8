/* What of a model's rollout survives the end of the gateway: <repository>/<name>/rollout.json.
 *
 * While it is there, it says which version "name" stands for; without it that is the highest one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accel/rollout/judge.h"
#include "core/error.h"

#define ROLLOUT_STEPS 16
#define ROLLOUT_STARTS \
	3 /* of the gateway within one step; at the next one the canary has to go \
	   */

/* What was asked for. */
struct rollout_plan {
	uint32_t version;
	uint32_t step_count;
	double steps[ROLLOUT_STEPS]; /* shares, 0 .. 1, growing; the last is 1 */
	double hold_s; /* that each is kept at least */
	uint32_t least; /* pictures that the canary must have looked at in each */
	struct judge_limits limits;
};

/* How the last one ended. */
struct rollout_last {
	uint32_t from, to; /* versions */
	bool completed; /* to is stable now; or else from is */
	char reason[JUDGE_REASON];
	int64_t ended; /* seconds since 1970 */
};

struct rollout_state {
	uint32_t stable; /* version */
	uint32_t previous; /* what was stable before; 0: none, or gone back to */
	bool running;
	/* While it is running. */
	struct rollout_plan plan;
	uint32_t step;
	uint32_t starts; /* of the gateway since this step began */
	uint64_t stable_us; /* what the stable version took at most; 0: not measured */

	bool has_last;
	struct rollout_last last;
};

/* -ENOENT without an error line: there is none. Another negative errno and a line: it cannot be
 * read, or was not written by a gateway. Any thread. */
int rollout_state_load(const char *repository, const char *name, struct rollout_state *state,
	struct gw_error *error);

/* Writes it whole or not at all, and to the disk: slow. Any thread, one at a time for a name. */
int rollout_state_save(const char *repository, const char *name, const struct rollout_state *state,
	struct gw_error *error);

/* Fills the plan with what is usual. */
void rollout_plan_default(struct rollout_plan *plan);

/* Whether its numbers make sense. 0 or -EINVAL with a line. */
int rollout_plan_check(const struct rollout_plan *plan, struct gw_error *error);
