#include <stdlib.h>

#include "accel/stage.h"
#include "core/control.h"
#include "core/log.h"
#include "core/pool.h"

static bool is_used(const struct gw_stage *stage, uint16_t index)
{
	const struct accel *accel = stage->state;

	for (uint32_t i = 0; i < stage->gw->route_count; i++)
		if (route_is_there(&accel->routes[i]) && route_leads_to(&accel->routes[i], index))
			return true;
	return false;
}

static void nothing(struct gw_lane *lane, void *arg)
{
}

/* Afterwards no lane holds what it read before. False: one stands still. */
static bool let_all_turn(struct gw_stage *stage)
{
	struct gw_lane *lanes[GW_LANES];

	for (uint32_t i = 0; i < stage->lane_count; i++)
		lanes[i] = &stage->lanes[i];
	return gw_ask_all(lanes, stage->lane_count, nothing, NULL) == 0;
}

/* ... or its engine has a batch that was given up, for whose end a close would wait. */
static bool has_work(const struct gw_stage *stage, uint32_t index)
{
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *lane = stage->lanes[i].state;

		if (batcher_waiting(lane->batchers[index]) > 0 ||
			batcher_lost(lane->batchers[index]) > 0)
			return true;
	}
	return false;
}

/* The lanes gave it no job any more and have none of it: now they forget it. */
static void close_model(struct gw_stage *stage, uint32_t index)
{
	struct accel *accel = stage->state;
	struct accel_model *model = accel_model(accel, index);

	pthread_rwlock_wrlock(&accel->shown);
	atomic_store_explicit(&accel->models[index], NULL, memory_order_release);
	pthread_rwlock_unlock(&accel->shown);
	if (!let_all_turn(stage)) {
		atomic_store_explicit(&accel->models[index], model, memory_order_release);
		return;
	}
	accel->use[index].phase = ACCEL_CLOSED;
	accel->use[index].closed = model;
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct accel_lane *lane = stage->lanes[i].state;

		batcher_close(lane->batchers[index]);
		lane->batchers[index] = NULL;
		figures_forget(visits_figures(lane->visits), index);
	}
	gw_info("accel", "model %s:%u is closed: nobody uses it any more", model->model->name,
		model->model->version);
}

/* Its labels and its index are free when no frame is left that it may have looked at. */
static void forget_model(struct gw_stage *stage, uint32_t index)
{
	struct accel *accel = stage->state;
	const struct gw_pool *pool = stage->gw->pool;

	if (!accel->use[index].mark)
		accel->use[index].mark = gw_pool_mark(pool);
	if (!accel->use[index].mark || !gw_pool_has_passed(pool, accel->use[index].mark))
		return;
	free(accel->use[index].mark);
	accel_model_free(accel->use[index].closed);
	accel->use[index].mark = NULL;
	accel->use[index].closed = NULL;
	accel->use[index].phase = ACCEL_FREE;
}

static void forget_route(struct gw_lane *lane, void *arg)
{
	struct accel_lane *own = lane->state;
	struct route *route = arg;

	figures_forget_route(visits_figures(own->visits), route->index);
	if (lane->index > 0)
		return;
	overload_forget(&route->overload);
	route->refused = 0;
}

/* Nobody names it any more: what it leads to may go, and its place is another's. Between two turns
 * the lanes forget what they know of it. */
static void close_route(struct gw_stage *stage, struct route *route)
{
	struct accel *accel = stage->state;
	struct gw_lane *lanes[GW_LANES];
	bool may_end;

	pthread_mutex_lock(&accel->rollouts->lock);
	may_end = rollout_may_end(stage, route);
	if (may_end)
		atomic_store_explicit(&route->there, false, memory_order_release);
	pthread_mutex_unlock(&accel->rollouts->lock);
	for (uint32_t i = 0; i < stage->lane_count; i++)
		lanes[i] = &stage->lanes[i];
	if (!may_end)
		return;
	if (gw_ask_all(lanes, stage->lane_count, forget_route, route) > 0) {
		atomic_store_explicit(&route->there, true, memory_order_release);
		return;
	}
	pthread_mutex_lock(&accel->rollouts->lock);
	rollout_forget(stage, route);
	pthread_mutex_unlock(&accel->rollouts->lock);
}

static void close_routes(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < stage->gw->route_count; i++) {
		struct route *route = &accel->routes[i];

		if (route_is_there(route) &&
			atomic_load_explicit(&route->users, memory_order_acquire) == 0)
			close_route(stage, route);
	}
}

void accel_retire(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	/* One is being opened: later. */
	if (pthread_mutex_trylock(&accel->opening) != 0)
		return;
	close_routes(stage);
	for (uint32_t i = 0; i < GW_MODELS; i++) {
		if (accel->use[i].phase == ACCEL_LIVE && !is_used(stage, (uint16_t)i) &&
			let_all_turn(stage))
			accel->use[i].phase = ACCEL_LEAVING;
		if (accel->use[i].phase == ACCEL_LEAVING && !has_work(stage, i))
			close_model(stage, i);
		if (accel->use[i].phase == ACCEL_CLOSED)
			forget_model(stage, i);
	}
	pthread_mutex_unlock(&accel->opening);
}
