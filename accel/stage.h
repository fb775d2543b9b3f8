/* The accel stage's own state, for the files that make it up. */
#pragma once

#include <pthread.h>

#include "accel/batcher.h"
#include "accel/plan.h"
#include "accel/repository/model.h"
#include "accel/rollout/rollout.h"
#include "accel/route.h"
#include "accel/visit.h"
#include "core/api.h"
#include "core/gateway.h"
#include "core/order.h"

/* A model at work. Never changes once it is published. */
struct accel_model {
	struct model *model;
	const struct infer_ops *engine;
};

/* How it stands with an index of gw->models. */
enum accel_phase {
	ACCEL_FREE, /* nobody's */
	ACCEL_LIVE, /* a model's that routes lead to */
	ACCEL_LEAVING, /* no route does any more; it may have jobs still, or a run that does not end
			*/
	ACCEL_CLOSED, /* it is closed, but frames with its results are on the way */
};

/* Shared by the lanes. */
struct accel {
	pthread_mutex_t opening; /* one model is opened at a time, or retired */

	/* Held for reading by who looks at a model and is no lane, nor has `opening`. */
	pthread_rwlock_t shown;
	_Atomic(struct accel_model *) models[GW_MODELS]; /* NULL: none, or no more */

	/* Under `opening`. */
	struct {
		enum accel_phase phase;
		struct accel_model *closed; /* its labels are needed still */
		struct gw_pool_mark *mark; /* ... until these frames are gone */
	} use[GW_MODELS];
	uint32_t next_index; /* where a free one is looked for: the one left last is used last */

	struct route routes[GW_ROUTES]; /* gw->route_count of them were there at a time */
	struct rollouts *rollouts;

	/* Frames of each camera that were turned away where they began, and the route that it had
	 * when that was seen. Lane 0. */
	struct {
		uint64_t refused;
		uint32_t route;
	} seen[GW_CAMERAS];
};

struct accel_lane {
	struct gw_order order; /* every frame that is here */
	struct batcher *batchers[GW_MODELS]; /* there while their model is published */
	struct visits *visits;
	struct gw_frame *first, *last; /* frames that wait for jobs, by turn_next */
	int64_t next_complaint[GW_MODELS]; /* gw_now() before which a model's trouble is not logged
					      again */
};

/* The model of that index; NULL: there is none. Lanes, between two of whose turns it does not go;
 * others as `shown` says. */
static inline struct accel_model *accel_model(const struct accel *accel, uint32_t index)
{
	return atomic_load_explicit(&accel->models[index], memory_order_acquire);
}

/* The route that `name` ("name" or "name:version") stands for, with the caller as its user: one
 * that has users already, at once and without a lock. When it has none the model is loaded, opened
 * on an engine and run once: slow, any thread. Then the route is published: the lanes see it at
 * their next turn, and nothing that runs is disturbed. NULL and an error line on failure. */
const struct route *accel_route_open(
	struct gw_stage *stage, const char *name, struct gw_error *error);

/* The caller is its user no more. Any thread. */
void accel_route_close(struct gw_stage *stage, const struct route *route);

/* The index of the model that `name` stands for, of a version or not, which is opened if it is not
 * there. The caller has `opening`, and lets a route lead there before it gives that back. GW_MODELS
 * and an error line on failure. */
uint32_t accel_model_open(struct gw_stage *stage, const char *name, struct gw_error *error);

/* Frames that keep the engine of a route to that model busy: core/credit.h. As above. */
uint32_t accel_model_enough(const struct gw_stage *stage, uint32_t index);

/* Takes routes back that have no users and no rollout, and models that no route leads to any more,
 * a little further with every call: a model is closed when it has no jobs and its engines nothing
 * that was given up, and its index is free when no frame is left that it may have looked at. No
 * lane waits. Control thread. */
void accel_retire(struct gw_stage *stage);

/* Frees all models; their batchers are the lanes'. No lane runs any more. */
void accel_models_free(struct accel *accel);
void accel_model_free(struct accel_model *opened);

/* What the API tells of models and devices, and how versions are rolled out. */
extern const struct gw_api_route accel_routes[];
