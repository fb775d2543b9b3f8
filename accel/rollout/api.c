/* Rollouts as the API tells and takes them. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/rollout/own.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/health.h"

static json_t *number_or_null(bool is_known, json_int_t number)
{
	return is_known ? json_integer(number) : json_null();
}

/* A version on a route, with what it did since the step began; without a rollout, since ever. */
static json_t *version_facts(struct gw_stage *stage, const struct route *route, uint16_t model,
	const struct judge_side *side)
{
	const struct gw_model_info *info = &stage->gw->models[model];

	return json_pack("{s:I, s:s, s:I, s:I, s:o}", "version", (json_int_t)info->version,
		"digest", info->digest, "pictures", (json_int_t)side->looked, "failed",
		(json_int_t)side->failed, "p90_us",
		number_or_null(side->took_us > 0, (json_int_t)side->took_us));
}

/* What keeps a step from its end, or would; NULL: nothing but its time. */
static const char *waits_for(const struct rollout *rollout, int64_t now)
{
	const struct judge_figures *figures = &rollout->figures;

	if (rollout->since == 0)
		return NULL;
	if (figures->stable.looked == 0 && figures->canary.looked == 0)
		return "no pictures for this model yet";
	if ((double)(now - rollout->since) / 1e9 >= rollout->state.plan.hold_s &&
		!rollout_has_shown_itself(rollout))
		return "too few pictures for the new version yet";
	return NULL;
}

static json_t *plan_facts(const struct rollout *rollout, double share, int64_t now)
{
	const struct rollout_plan *plan = &rollout->state.plan;
	const struct judge_figures *figures = &rollout->figures;
	json_t *steps = json_array();

	for (uint32_t i = 0; i < plan->step_count; i++)
		json_array_append_new(steps, json_real(plan->steps[i]));
	return json_pack("{s:I, s:o, s:I, s:f, s:f, s:f, s:I, s:f, s:f, s:f, s:I, s:o, s:s?}",
		"version", (json_int_t)plan->version, "steps", steps, "step",
		(json_int_t)rollout->state.step + 1, "share", share, "hold_s", plan->hold_s,
		"held_s", rollout->since > 0 ? (double)(now - rollout->since) / 1e9 : 0.0,
		"min_pictures", (json_int_t)plan->least, "max_errors", plan->limits.errors,
		"max_latency", plan->limits.latency, "max_disagreement", plan->limits.disagreement,
		"compared", (json_int_t)figures->compared, "disagreement",
		figures->compared > 0 ? json_real(figures->differed) : json_null(), "waiting",
		waits_for(rollout, now));
}

static json_t *last_facts(const struct rollout_state *state)
{
	const struct rollout_last *last = &state->last;
	char at[32] = "";
	struct tm broken;
	const time_t ended = (time_t)last->ended;

	if (!state->has_last)
		return json_null();
	if (gmtime_r(&ended, &broken))
		strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &broken);
	return json_pack("{s:I, s:I, s:b, s:s, s:s}", "from", (json_int_t)last->from, "to",
		(json_int_t)last->to, "completed", last->completed, "reason", last->reason, "ended",
		at);
}

/* The caller has the lock. */
static json_t *route_facts(struct gw_stage *stage, const struct route *route)
{
	static const char *const phases[] = {
		[ROLLOUT_NONE] = "none",
		[ROLLOUT_LOADING] = "loading",
		[ROLLOUT_RUNNING] = "running",
		[ROLLOUT_RETURNING] = "returning",
	};
	const struct rollout *rollout = rollout_of(stage, route);
	const struct rollout_state *state = &rollout->state;
	const bool runs = rollout->phase == ROLLOUT_RUNNING;
	const double share = (double)atomic_load(&route->share) / ROUTE_ALL;
	struct judge_figures figures = rollout->figures;

	if (!runs)
		rollout_sum(stage, route, route_stable(route), &figures.stable);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", route->name, "phase",
		phases[rollout->phase], "stable",
		version_facts(stage, route, route_stable(route), &figures.stable), "canary",
		runs ? version_facts(stage, route, route_canary(route), &figures.canary)
		     : json_null(),
		"rollout", runs ? plan_facts(rollout, share, gw_now()) : json_null(), "last",
		last_facts(state), "previous",
		number_or_null(state->previous > 0, (json_int_t)state->previous), "unsaved",
		rollout->unsaved[0] ? json_string(rollout->unsaved) : json_null());
}

int rollout_api_list(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw_stage *stage = owner;
	struct accel *accel = stage->state;
	const char *repository = stage->gw->config->accel->repository;
	char *real = realpath(repository, NULL);
	json_t *routes = json_array();

	pthread_mutex_lock(&accel->rollouts->lock);
	for (uint32_t i = 0; i < stage->gw->route_count; i++)
		if (route_is_there(&accel->routes[i]))
			json_array_append_new(routes, route_facts(stage, &accel->routes[i]));
	pthread_mutex_unlock(&accel->rollouts->lock);
	reply->json =
		json_pack("{s:s, s:o}", "repository", real ? real : repository, "routes", routes);
	free(real);
	return 200;
}

static int tell(
	struct gw_stage *stage, const char *name, struct gw_reply *reply, struct gw_error *error)
{
	struct accel *accel = stage->state;

	pthread_mutex_lock(&accel->rollouts->lock);
	for (uint32_t i = 0; i < stage->gw->route_count && !reply->json; i++)
		if (route_is_there(&accel->routes[i]) && strcmp(accel->routes[i].name, name) == 0)
			reply->json = route_facts(stage, &accel->routes[i]);
	pthread_mutex_unlock(&accel->rollouts->lock);
	return reply->json ? 200 : gw_error_set(error, -ENOENT, "no camera names model '%s'", name);
}

int rollout_api_show(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	return tell(owner, request->name, reply, error);
}

static int read_steps(const json_t *value, struct rollout_plan *plan)
{
	const size_t count = json_array_size(value);

	if (count == 0 || count > ROLLOUT_STEPS)
		return -EINVAL;
	plan->step_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		const json_t *step = json_array_get(value, i);

		if (!json_is_number(step))
			return -EINVAL;
		plan->steps[i] = json_number_value(step);
	}
	return 0;
}

static int read_count(const json_t *value, uint32_t *count)
{
	const json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
		return -EINVAL;
	*count = (uint32_t)number;
	return 0;
}

static int read_real(const json_t *value, double *number)
{
	if (!json_is_number(value))
		return -EINVAL;
	*number = json_number_value(value);
	return 0;
}

/* Steps below the first share are left out. */
static void begin_with(struct rollout_plan *plan, double share)
{
	uint32_t first = 0;

	while (first < plan->step_count && plan->steps[first] <= share)
		first++;
	if (first == 0 && plan->step_count == ROLLOUT_STEPS)
		first = 1;
	const uint32_t rest = plan->step_count - first;

	memmove(&plan->steps[1], &plan->steps[first], rest * sizeof(plan->steps[0]));
	plan->steps[0] = share;
	plan->step_count = rest + 1;
}

static int read_member(
	const char *key, const json_t *value, struct rollout_plan *plan, double *share)
{
	if (strcmp(key, "version") == 0)
		return read_count(value, &plan->version);
	if (strcmp(key, "steps") == 0)
		return read_steps(value, plan);
	if (strcmp(key, "share") == 0)
		return read_real(value, share);
	if (strcmp(key, "hold_s") == 0)
		return read_real(value, &plan->hold_s);
	if (strcmp(key, "min_pictures") == 0)
		return read_count(value, &plan->least);
	if (strcmp(key, "max_errors") == 0)
		return read_real(value, &plan->limits.errors);
	if (strcmp(key, "max_latency") == 0)
		return read_real(value, &plan->limits.latency);
	if (strcmp(key, "max_disagreement") == 0)
		return read_real(value, &plan->limits.disagreement);
	return -ENOENT;
}

static int read_plan(const json_t *body, struct rollout_plan *plan, struct gw_error *error)
{
	double share = -1;
	const char *key;
	json_t *value;

	rollout_plan_default(plan);
	if (!json_is_object(body))
		return gw_error_set(error, -EINVAL,
			"a body is needed that says which version, as in {\"version\": 2}");
	json_object_foreach((json_t *)body, key, value) {
		const int status = read_member(key, value, plan, &share);

		if (status == -ENOENT)
			return gw_error_set(error, -EINVAL,
				"'%s' is no part of a rollout: version, share, steps, hold_s, "
				"min_pictures, max_errors, max_latency and max_disagreement are",
				key);
		if (status != 0)
			return gw_error_set(
				error, status, "'%s' has a value that it cannot have", key);
	}
	if (share != -1)
		begin_with(plan, share);
	return rollout_plan_check(plan, error);
}

int rollout_api_begin(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct rollout_plan plan;
	int status = read_plan(request->body, &plan, error);

	if (status == 0)
		status = rollout_begin(owner, request->name, &plan, error);
	return status == 0 ? tell(owner, request->name, reply, error) : status;
}

int rollout_api_back(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const int status =
		rollout_back(owner, request->name, request->who ? request->who : "somebody", error);

	return status == 0 ? tell(owner, request->name, reply, error) : status;
}

void rollouts_health(struct gw_stage *stage, struct gw_health *health)
{
	struct accel *accel = stage->state;

	pthread_mutex_lock(&accel->rollouts->lock);
	for (uint32_t i = 0; i < stage->gw->route_count; i++) {
		const struct route *route = &accel->routes[i];
		const struct rollout *rollout = rollout_of(stage, route);

		if (route_is_there(route) && rollout->unsaved[0])
			gw_health_add(health, GW_DEGRADED, "accel.%s.unsaved", route->name,
				"%.230s", rollout->unsaved);
	}
	pthread_mutex_unlock(&accel->rollouts->lock);
}
