/* The beginning and the end of rollouts, where models are loaded. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "accel/rollout/own.h"
#include "accel/stage.h"
#include "core/log.h"

/* Under the lock: it stays while that is held, and while its rollout has a phase. */
static struct route *find_route(struct gw_stage *stage, const char *name, struct gw_error *error)
{
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < stage->gw->route_count; i++)
		if (route_is_there(&accel->routes[i]) && !strchr(name, ':') &&
			strcmp(accel->routes[i].name, name) == 0)
			return &accel->routes[i];
	gw_error_set(error, -ENOENT,
		"no camera names model %s without a version: it is not in use, so that there is "
		"nothing to replace",
		name);
	return NULL;
}

/* Opens NAME:VERSION. The caller has `opening`. */
static uint32_t open_version(
	struct gw_stage *stage, const char *name, uint32_t version, struct gw_error *error)
{
	char reference[ROUTE_NAME + 16];

	snprintf(reference, sizeof(reference), "%s:%u", name, version);
	return accel_model_open(stage, reference, error);
}

/* What cameras make of the answers must hold for all versions. */
static int check_kind(
	const struct gw_model_info *is, const struct gw_model_info *was, struct gw_error *error)
{
	bool same = is->task == was->task && is->label_count == was->label_count;

	for (uint32_t i = 0; same && i < is->label_count; i++)
		same = strcmp(is->labels[i], was->labels[i]) == 0;
	if (same)
		return 0;
	return gw_error_set(error, -EINVAL,
		"version %u of model %s does not have the task and the labels of version %u, so "
		"that it cannot take its place: give it another name, or let cameras name "
		"\"%s:%u\"",
		is->version, is->name, was->version, is->name, is->version);
}

/* What a route that was never rolled out begins with. */
static void know_stable(
	const struct gw_stage *stage, const struct route *route, struct rollout *rollout)
{
	if (rollout->state.stable == 0)
		rollout->state.stable = rollout_stable_info(stage, route)->version;
}

static int may_begin(const struct route *route, const struct rollout *rollout,
	const struct rollout_plan *plan, struct gw_error *error)
{
	const struct rollout_state *state = &rollout->state;

	if (rollout->phase == ROLLOUT_LOADING)
		return gw_error_set(error, -EBUSY,
			"model %s: a version is being loaded for a rollout: wait for its end, or "
			"roll it back",
			route->name);
	if (rollout->phase == ROLLOUT_RETURNING)
		return gw_error_set(error, -EBUSY,
			"model %s: version %u is being loaded, to have its place back: wait for "
			"that",
			route->name, state->previous);
	if (rollout->phase == ROLLOUT_RUNNING)
		return gw_error_set(error, -EBUSY,
			"model %s: version %u is being rolled out (step %u of %u): wait for its "
			"end, or roll it back",
			route->name, state->plan.version, state->step + 1, state->plan.step_count);
	if (plan->version == state->stable)
		return gw_error_set(error, -EINVAL,
			"model %s: version %u looks at all pictures already", route->name,
			plan->version);
	return rollout_plan_check(plan, error);
}

/* The version is there. The caller has `opening`. */
static int begin(struct gw_stage *stage, struct route *route, const struct rollout_plan *plan,
	uint32_t canary, struct gw_error *error)
{
	struct rollout *rollout = rollout_of(stage, route);
	struct rollout_state state = rollout->state;
	const struct gw_model_info *models = stage->gw->models;
	int status = check_kind(&models[canary], rollout_stable_info(stage, route), error);

	state.plan = *plan;
	state.running = true;
	state.step = state.starts = 0;
	state.stable_us = 0;
	if (status == 0 && rollout->cancelled)
		status = gw_error_set(error, -EBUSY,
			"model %s: version %u was rolled back while it was loaded", route->name,
			plan->version);
	if (status == 0)
		status = rollout_state_save(
			stage->gw->config->accel->repository, route->name, &state, error);
	if (status != 0)
		return status;
	rollout->unsaved[0] = '\0';
	rollout->state = state;
	rollout_lead(stage, route, rollout, canary);
	return 0;
}

/* Nobody else begins one meanwhile. NULL: refused, with a negative errno. */
static struct route *claim(struct gw_stage *stage, const char *name,
	const struct rollout_plan *plan, int *status, struct gw_error *error)
{
	struct route *route = find_route(stage, name, error);

	*status = -ENOENT;
	if (!route)
		return NULL;
	struct rollout *rollout = rollout_of(stage, route);

	know_stable(stage, route, rollout);
	*status = may_begin(route, rollout, plan, error);
	if (*status != 0)
		return NULL;
	rollout->phase = ROLLOUT_LOADING;
	rollout->cancelled = false;
	rollout->state.plan = *plan;
	return route;
}

int rollout_begin(struct gw_stage *stage, const char *name, const struct rollout_plan *plan,
	struct gw_error *error)
{
	struct accel *accel = stage->state;
	int status;

	if (stage->gw->replay)
		return gw_error_set(error, -ENOTSUP, "a replay has no rollouts");
	pthread_mutex_lock(&accel->rollouts->lock);
	struct route *route = claim(stage, name, plan, &status, error);

	pthread_mutex_unlock(&accel->rollouts->lock);
	if (!route)
		return status;
	struct rollout *rollout = rollout_of(stage, route);

	pthread_mutex_lock(&accel->opening);
	const uint32_t canary = open_version(stage, name, plan->version, error);

	pthread_mutex_lock(&accel->rollouts->lock);
	status = canary == GW_MODELS ? -EINVAL : begin(stage, route, plan, canary, error);
	if (status != 0)
		rollout->phase = ROLLOUT_NONE;
	pthread_mutex_unlock(&accel->rollouts->lock);
	pthread_mutex_unlock(&accel->opening);
	return status;
}

/* Makes the version stable that was it before. The caller has `opening`, and the lock. */
static int go_back(struct gw_stage *stage, struct route *route, uint32_t model, const char *who,
	struct gw_error *error)
{
	struct rollout *rollout = rollout_of(stage, route);
	struct rollout_state *state = &rollout->state;
	const int status =
		check_kind(&stage->gw->models[model], rollout_stable_info(stage, route), error);

	if (status != 0)
		return status;
	state->last = (struct rollout_last){.from = state->previous,
		.to = state->stable,
		.completed = false,
		.ended = time(NULL)};
	snprintf(state->last.reason, sizeof(state->last.reason), "rolled back by %s", who);
	state->has_last = true;
	gw_warn("accel", "model %s: version %u is back, version %u goes: %s", route->name,
		state->previous, state->stable, state->last.reason);
	state->stable = state->previous;
	state->previous = 0;
	rollout->refresh =
		!rollout_same_input(&stage->gw->models[model], rollout_stable_info(stage, route));
	atomic_store_explicit(&route->stable, (uint16_t)model, memory_order_release);
	rollout_set_enough(stage, route);
	rollout_keep(stage, route, rollout);
	return 0;
}

static int load_previous(struct gw_stage *stage, struct route *route, uint32_t version,
	const char *who, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct rollout *rollout = rollout_of(stage, route);
	int status = -EINVAL;

	pthread_mutex_lock(&accel->opening);
	const uint32_t model = open_version(stage, route->name, version, error);

	pthread_mutex_lock(&accel->rollouts->lock);
	if (model < GW_MODELS)
		status = go_back(stage, route, model, who, error);
	rollout->phase = ROLLOUT_NONE;
	pthread_mutex_unlock(&accel->rollouts->lock);
	pthread_mutex_unlock(&accel->opening);
	return status;
}

/* Takes back what runs or is loaded; *previous is the version to load, 0: none. The caller has the
 * lock. */
static int take_back(struct gw_stage *stage, struct route *route, const char *who,
	uint32_t *previous, struct gw_error *error)
{
	struct rollout *rollout = rollout_of(stage, route);
	char reason[JUDGE_REASON];

	snprintf(reason, sizeof(reason), "rolled back by %s", who);
	if (rollout->phase == ROLLOUT_RUNNING) {
		rollout_take_back(stage, route, rollout, reason);
	} else if (rollout->phase == ROLLOUT_LOADING) {
		rollout->cancelled = true;
	} else if (rollout->phase == ROLLOUT_RETURNING) {
		return gw_error_set(error, -EBUSY,
			"model %s: it is being rolled back: version %u, which was there before, is "
			"loaded, and has its place back when that is done",
			route->name, rollout->state.previous);
	} else if (rollout->state.previous > 0) {
		*previous = rollout->state.previous;
		rollout->phase = ROLLOUT_RETURNING;
	} else {
		return gw_error_set(error, -EBUSY,
			"model %s: nothing is being rolled out, and the version before is not "
			"known: roll the one out that you want",
			route->name);
	}
	return 0;
}

int rollout_back(struct gw_stage *stage, const char *name, const char *who, struct gw_error *error)
{
	struct accel *accel = stage->state;
	uint32_t previous = 0;

	pthread_mutex_lock(&accel->rollouts->lock);
	struct route *route = find_route(stage, name, error);
	const int status = route ? take_back(stage, route, who, &previous, error) : -ENOENT;

	pthread_mutex_unlock(&accel->rollouts->lock);
	return previous > 0 ? load_previous(stage, route, previous, who, error) : status;
}

void rollout_resume(struct gw_stage *stage, struct route *route)
{
	struct accel *accel = stage->state;
	struct rollout *rollout = rollout_of(stage, route);
	struct rollout_state *state = &rollout->state;
	struct gw_error error;
	char reason[sizeof(error.text) + 32];

	/* What is no good was told when the model was loaded. */
	if (strchr(route->name, ':') || stage->gw->replay ||
		rollout_state_load(
			stage->gw->config->accel->repository, route->name, state, &error) != 0 ||
		!state->running)
		return;
	const bool again = ++state->starts <= ROLLOUT_STARTS;
	uint32_t canary = GW_MODELS;

	snprintf(reason, sizeof(reason), "the gateway ended %d times in step %u", ROLLOUT_STARTS,
		state->step + 1);
	/* Before it is loaded: that may be what ends us. */
	pthread_mutex_lock(&accel->rollouts->lock);
	rollout_keep(stage, route, rollout);
	pthread_mutex_unlock(&accel->rollouts->lock);
	if (again)
		canary = open_version(stage, route->name, state->plan.version, &error);
	if (again &&
		(canary == GW_MODELS ||
			check_kind(&stage->gw->models[canary], rollout_stable_info(stage, route),
				&error) != 0)) {
		snprintf(reason, sizeof(reason), "after a restart: %s", error.text);
		canary = GW_MODELS;
	}
	pthread_mutex_lock(&accel->rollouts->lock);
	if (canary == GW_MODELS) {
		rollout_take_back(stage, route, rollout, reason);
	} else {
		gw_info("accel", "model %s: the rollout of version %u goes on at step %u of %u",
			route->name, state->plan.version, state->step + 1, state->plan.step_count);
		rollout_lead(stage, route, rollout, canary);
	}
	pthread_mutex_unlock(&accel->rollouts->lock);
}
