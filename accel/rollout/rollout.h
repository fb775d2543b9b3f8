/* How a route gets another version: the canary is loaded beside the stable one, looks at a growing
 * share of the pictures, and takes its place, or has to go when it does worse.
 *
 * Handlers of the API begin and end rollouts, on their threads; the control thread takes them from
 * step to step. Under `lock`, which nobody holds while a model is loaded; who has the accel stage's
 * `opening` may take it, not the other way round. What runs is kept in
 * accel/rollout/state.h.
 */
#pragma once

#include <pthread.h>

#include "accel/figures.h"
#include "accel/rollout/state.h"
#include "accel/route.h"
#include "core/api.h"

struct gw_stage;

enum rollout_phase {
	ROLLOUT_NONE,
	ROLLOUT_LOADING, /* the canary is not there yet */
	ROLLOUT_RUNNING,
	ROLLOUT_RETURNING, /* the version before is loaded, to be stable again */
};

struct rollout {
	enum rollout_phase phase;
	bool cancelled; /* while it loads */
	bool differs; /* the canary makes something else of a picture than the stable version */
	bool refresh; /* ... and cameras have to learn it, or that this is over */
	struct rollout_state state; /* `stable` 0: nothing was ever kept of this route */
	char unsaved[sizeof(((struct gw_error *)0)->text)]; /* why what runs is not kept; empty: it
							       is */
	int64_t keep_at; /* gw_now() when that is tried again; 0: it is to be planned */

	/* While it runs. */
	int64_t since; /* gw_now() when this step's share was set; 0: it is to be */
	int64_t answered_at; /* gw_now() when the canary was seen to have none, or fewer */
	uint64_t answered; /* what it had looked at then */
	struct figures_sum stable_before, canary_before; /* when the step began */
	struct judge_figures figures; /* since then */
};

struct rollouts {
	pthread_mutex_t lock;
	struct figures_sum sum; /* room, for who has the lock */
	struct rollout of[GW_ROUTES]; /* as the routes; touched by use only */
};

/* NULL: out of memory. */
struct rollouts *rollouts_create(void);
void rollouts_destroy(struct rollouts *rollouts);

/* A route was made: what was kept of it is read, and a rollout that was under way goes on at its
 * step, or is taken back when that cannot be. The caller has `opening`. */
void rollout_resume(struct gw_stage *stage, struct route *route);

/* A route that nobody uses is taken back: what is known of its rollout is forgotten, but for what
 * is kept. False: it is not over, or not kept yet. The caller has `opening`, and the lock. */
bool rollout_may_end(struct gw_stage *stage, const struct route *route);
void rollout_forget(struct gw_stage *stage, const struct route *route);

/* Loads the version and begins. 0, or a negative errno with a line, and then nothing has changed.
 * Slow; any thread but the control thread. */
int rollout_begin(struct gw_stage *stage, const char *name, const struct rollout_plan *plan,
	struct gw_error *error);

/* Ends a rollout, in favour of the stable version, at once; without one, the version that was
 * stable before is loaded, which is slow, and stable again. `who` is for the reason. As above. */
int rollout_back(struct gw_stage *stage, const char *name, const char *who, struct gw_error *error);

/* Judges, takes the next step, or ends it; tries again to keep what could not be kept. Control
 * thread. */
void rollouts_upkeep(struct gw_stage *stage, int64_t now);

/* Tries once more to keep what runs and is not kept. When the stage closes. */
void rollouts_end(struct gw_stage *stage);

/* Adds that what runs is not kept to what keeps the stage from its work. A rollout that ended badly
 * is no trouble: what was before looks at the pictures, and GET models/NAME/rollout tells why. Any
 * thread. */
struct gw_health;
void rollouts_health(struct gw_stage *stage, struct gw_health *health);

/* GET models/routes, GET models/{name}/rollout, and what begins and ends one. */
gw_api_handler rollout_api_list, rollout_api_show, rollout_api_begin, rollout_api_back;
