#include "accel/rollout/rollout.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/rollout/own.h"
#include "accel/rollout/trial.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/log.h"

struct rollouts *rollouts_create(void)
{
	struct rollouts *rollouts = calloc(1, sizeof(*rollouts));

	if (rollouts)
		pthread_mutex_init(&rollouts->lock, NULL);
	return rollouts;
}

void rollouts_destroy(struct rollouts *rollouts)
{
	if (rollouts)
		pthread_mutex_destroy(&rollouts->lock);
	free(rollouts);
}

struct rollout *rollout_of(struct gw_stage *stage, const struct route *route)
{
	struct accel *accel = stage->state;

	return &accel->rollouts->of[route->index];
}

const struct gw_model_info *rollout_stable_info(
	const struct gw_stage *stage, const struct route *route)
{
	return &stage->gw->models[route_stable(route)];
}

void rollout_set_enough(struct gw_stage *stage, const struct route *route)
{
	const uint16_t canary = route_canary(route);
	uint32_t enough = accel_model_enough(stage, route_stable(route));

	if (canary != GW_NO_MODEL && accel_model_enough(stage, canary) > enough)
		enough = accel_model_enough(stage, canary);
	atomic_store_explicit(
		&stage->gw->credits[route->index].enough, enough, memory_order_relaxed);
}

bool rollout_same_input(const struct gw_model_info *a, const struct gw_model_info *b)
{
	return a->input_width == b->input_width && a->input_height == b->input_height &&
		a->input_fit == b->input_fit && a->input_resize == b->input_resize &&
		a->input_antialias == b->input_antialias && a->input_gray == b->input_gray;
}

void rollout_lead(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, uint32_t canary)
{
	const struct gw_model_info *models = stage->gw->models;

	rollout->phase = ROLLOUT_RUNNING;
	rollout->differs = !rollout_same_input(&models[canary], &models[route_stable(route)]);
	rollout->refresh = rollout->differs;
	rollout->since = 0;
	memset(&rollout->figures, 0, sizeof(rollout->figures));
	atomic_store_explicit(&route->share, 0, memory_order_release);
	atomic_store_explicit(&route->canary, (uint16_t)canary, memory_order_release);
	atomic_store_explicit(&route->tried, true, memory_order_release);
	rollout_set_enough(stage, route);
}

static void note_end(
	struct rollout *rollout, uint32_t from, uint32_t to, bool completed, const char *reason)
{
	struct rollout_last *last = &rollout->state.last;

	rollout->state.running = false;
	rollout->state.has_last = true;
	*last = (struct rollout_last){
		.from = from, .to = to, .completed = completed, .ended = time(NULL)};
	snprintf(last->reason, sizeof(last->reason), "%s", reason);
}

void rollout_take_back(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, const char *reason)
{
	rollout->phase = ROLLOUT_NONE;
	rollout->refresh |= rollout->differs && atomic_load(&route->tried);
	atomic_store_explicit(&route->share, 0, memory_order_release);
	atomic_store_explicit(&route->tried, false, memory_order_release);
	rollout_set_enough(stage, route);
	note_end(rollout, rollout->state.stable, rollout->state.plan.version, false, reason);
	gw_warn("accel", "model %s: version %u was taken back, version %u goes on: %s", route->name,
		rollout->state.last.to, rollout->state.stable, reason);
	rollout_keep(stage, route, rollout);
}

/* The canary's place is the stable one's from now on. */
static void complete(struct gw_stage *stage, struct route *route, struct rollout *rollout)
{
	const uint32_t from = rollout->state.stable;
	const uint16_t canary = atomic_load(&route->canary);

	rollout->phase = ROLLOUT_NONE;
	rollout->refresh = rollout->differs;
	atomic_store_explicit(&route->stable, canary, memory_order_release);
	atomic_store_explicit(&route->share, 0, memory_order_release);
	atomic_store_explicit(&route->tried, false, memory_order_release);
	rollout_set_enough(stage, route);
	rollout->state.previous = from;
	rollout->state.stable = rollout->state.plan.version;
	note_end(rollout, from, rollout->state.stable, true, "it kept within all limits");
	gw_info("accel", "model %s: version %u has replaced version %u", route->name,
		rollout->state.stable, from);
	rollout_keep(stage, route, rollout);
}

static void begin_step(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, int64_t now)
{
	const struct rollout_plan *plan = &rollout->state.plan;
	const double share = plan->steps[rollout->state.step];

	rollout_begin_figures(stage, route, rollout);
	rollout->since = rollout->answered_at = now;
	rollout->answered = 0;
	atomic_store_explicit(
		&route->share, (uint32_t)lround(share * ROUTE_ALL), memory_order_release);
	gw_info("accel", "model %s: version %u looks at %g %% of the pictures (step %u of %u)",
		route->name, plan->version, 100 * share, rollout->state.step + 1, plan->step_count);
}

/* Whether it has pictures and gives none back. */
static bool stands_still(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout, int64_t now)
{
	const uint16_t canary = atomic_load(&route->canary);
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *lane = stage->lanes[i].state;

		waiting += batcher_waiting(lane->batchers[canary]);
		/* A lane was first to see it. */
		if (batcher_is_stuck(lane->batchers[canary]))
			return true;
	}
	if (waiting == 0 || rollout->figures.canary.looked != rollout->answered) {
		rollout->answered = rollout->figures.canary.looked;
		rollout->answered_at = now;
	}
	return now - rollout->answered_at > TRIAL_STALL_NS;
}

bool rollout_has_shown_itself(const struct rollout *rollout)
{
	const struct judge_figures *figures = &rollout->figures;
	const uint32_t least = rollout->state.plan.least;

	if (figures->canary.looked < least)
		return false;
	return 2 * figures->compared >= least ||
		figures->canary.looked >= 2 * (uint64_t)least * (ROUTE_ALL / ROUTE_COMPARED);
}

static void next_step(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, int64_t now)
{
	if (rollout->state.step + 1 == rollout->state.plan.step_count) {
		complete(stage, route, rollout);
		return;
	}
	rollout->state.step++;
	rollout->state.starts = 0;
	rollout_keep(stage, route, rollout);
	begin_step(stage, route, rollout, now);
}

static void look_after(
	struct gw_stage *stage, struct route *route, struct rollout *rollout, int64_t now)
{
	const struct rollout_plan *plan = &rollout->state.plan;
	char reason[JUDGE_REASON];

	rollout_read_figures(stage, route, rollout);
	if (!judge(&plan->limits, plan->least, &rollout->figures, reason)) {
		rollout_take_back(stage, route, rollout, reason);
	} else if (stands_still(stage, route, rollout, now)) {
		snprintf(reason, sizeof(reason), "it has not answered for %d s",
			(int)(TRIAL_STALL_NS / GW_NS_PER_S));
		rollout_take_back(stage, route, rollout, reason);
	} else if ((double)(now - rollout->since) / 1e9 >= plan->hold_s &&
		rollout_has_shown_itself(rollout)) {
		next_step(stage, route, rollout, now);
	}
}

/* Has the cameras that the route serves prepared again. */
static void refresh_cameras(struct gw_stage *stage, const struct route *route)
{
	struct gw *gw = stage->gw;

	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);
		struct gw_error error;

		if (!camera || !plan_leads(camera->of[GW_STAGE_ACCEL], route))
			continue;
		if (gw_camera_put(gw, camera->config, &error) != 0)
			gw_warn("accel",
				"model %s: the decoder still scales for the version before: %s",
				route->name, error.text);
	}
}

/* Not under the lock: to prepare a camera may mean to wait for a model that is loaded. */
static void refresh(struct gw_stage *stage, const struct route *route)
{
	struct accel *accel = stage->state;
	struct rollout *rollout = rollout_of(stage, route);

	pthread_mutex_lock(&accel->rollouts->lock);
	const bool wanted = rollout->refresh;

	rollout->refresh = false;
	pthread_mutex_unlock(&accel->rollouts->lock);
	if (wanted)
		refresh_cameras(stage, route);
}

void rollouts_upkeep(struct gw_stage *stage, int64_t now)
{
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < stage->gw->route_count; i++) {
		struct route *route = &accel->routes[i];
		struct rollout *rollout = rollout_of(stage, route);

		if (!route_is_there(route))
			continue;
		refresh(stage, route);
		pthread_mutex_lock(&accel->rollouts->lock);
		if (rollout->phase == ROLLOUT_RUNNING && !rollout->refresh) {
			if (rollout->since > 0)
				look_after(stage, route, rollout, now);
			else
				begin_step(stage, route, rollout, now);
		}
		rollout_keep_again(stage, route, rollout, now);
		pthread_mutex_unlock(&accel->rollouts->lock);
	}
}
