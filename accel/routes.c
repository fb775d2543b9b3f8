/* What cameras call models: who asks for a route becomes its user. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accel/stage.h"

/* One that has users, joined; NULL: there is none of that name. */
static struct route *join_route(const struct gw *gw, struct accel *accel, const char *name)
{
	for (uint32_t i = 0; i < gw->route_count; i++) {
		struct route *route = &accel->routes[i];

		if (!route_join(route))
			continue;
		if (strcmp(route->name, name) == 0)
			return route;
		route_leave(route);
	}
	return NULL;
}

/* One that has lost its users and is there still. The caller has `opening`. */
static struct route *find_left(const struct gw *gw, struct accel *accel, const char *name)
{
	for (uint32_t i = 0; i < gw->route_count; i++)
		if (route_is_there(&accel->routes[i]) && strcmp(accel->routes[i].name, name) == 0)
			return &accel->routes[i];
	return NULL;
}

/* A place for a route; GW_ROUTES: there is none. As above. */
static uint32_t free_route(const struct gw *gw, const struct accel *accel)
{
	uint32_t index = 0;

	while (index < gw->route_count && route_is_there(&accel->routes[index]))
		index++;
	return index;
}

static struct route *add_route(struct gw_stage *stage, const char *name, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct gw *gw = stage->gw;
	const uint32_t index = free_route(gw, accel);

	if (index == GW_ROUTES) {
		gw_error_set(error, -ENOSPC,
			"the cameras name more than %d models, or did until a moment ago: use "
			"fewer, or try again",
			GW_ROUTES);
		return NULL;
	}
	const uint32_t model = accel_model_open(stage, name, error);

	if (model == GW_MODELS)
		return NULL;
	struct route *route = &accel->routes[index];

	pthread_mutex_lock(&accel->rollouts->lock);
	snprintf(route->name, sizeof(route->name), "%s", name);
	pthread_mutex_unlock(&accel->rollouts->lock);
	atomic_store_explicit(&route->stable, (uint16_t)model, memory_order_relaxed);
	atomic_store_explicit(
		&gw->credits[index].enough, accel_model_enough(stage, model), memory_order_relaxed);
	rollout_resume(stage, route);
	atomic_store_explicit(&route->there, true, memory_order_release);
	if (index == gw->route_count)
		atomic_store_explicit(&gw->route_count, index + 1, memory_order_release);
	return route;
}

const struct route *accel_route_open(
	struct gw_stage *stage, const char *name, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct route *route = join_route(stage->gw, accel, name);

	if (route)
		return route;
	pthread_mutex_lock(&accel->opening);
	route = join_route(stage->gw, accel, name);
	if (!route) {
		route = find_left(stage->gw, accel, name);
		if (!route)
			route = add_route(stage, name, error);
		if (route)
			atomic_fetch_add_explicit(&route->users, 1, memory_order_release);
	}
	pthread_mutex_unlock(&accel->opening);
	return route;
}

void accel_route_close(struct gw_stage *stage, const struct route *route)
{
	struct accel *accel = stage->state;

	route_leave(&accel->routes[route->index]);
}
