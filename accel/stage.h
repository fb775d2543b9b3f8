/* The accel stage's own state, for the files that make it up. */
#pragma once

#include <pthread.h>

#include "accel/batcher.h"
#include "accel/model.h"
#include "accel/route.h"
#include "accel/visit.h"
#include "core/api.h"
#include "core/gateway.h"
#include "core/order.h"

/* A model at work. Never changes once it is published, but for what says otherwise. */
struct accel_model {
	struct model *model;
	const struct infer_ops *engine;
};

/* Shared by the lanes. */
struct accel {
	pthread_mutex_t opening; /* one model is opened at a time */
	_Atomic(struct accel_model *) models[GW_MODELS]; /* published by accel_route_open() */
	struct route routes[GW_ROUTES]; /* the same; gw->route_count of them */

	/* Frames of each camera that were turned away where they began, and the route that it had
	 * when that was seen. Lane 0. */
	struct {
		uint64_t refused;
		uint32_t route;
	} seen[GW_CAMERAS];
};

struct accel_lane {
	struct gw_order order; /* every frame that is here */
	struct batcher *batchers[GW_MODELS]; /* there before their model is published */
	struct visits *visits;
	struct gw_frame *first, *last; /* frames that wait for jobs, by turn_next */
	int64_t next_complaint[GW_MODELS]; /* gw_now() before which a model's trouble is not logged
					      again */
};

/* The model of that index; NULL: none yet. Any thread. */
static inline struct accel_model *accel_model(const struct accel *accel, uint32_t index)
{
	return atomic_load_explicit(&accel->models[index], memory_order_acquire);
}

/* The route that `name` ("name" or "name:version") stands for. When nobody has asked for it yet,
 * the model is loaded, opened on an engine and run once: slow, any thread. Then the route is
 * published: the lanes see it at their next turn, and nothing that runs is disturbed. NULL and an
 * error line on failure. */
const struct route *accel_route_open(
	struct gw_stage *stage, const char *name, struct gw_error *error);

/* Frees all models; their batchers are the lanes'. No lane runs any more. */
void accel_models_free(struct accel *accel);

/* GET models. */
extern const struct gw_api_route accel_routes[];
