/* The accel stage's own state, for the files that make it up. */
#pragma once

#include <pthread.h>

#include "accel/batcher.h"
#include "accel/model.h"
#include "accel/overload.h"
#include "accel/visit.h"
#include "core/api.h"
#include "core/gateway.h"
#include "core/order.h"

/* A model at work. Never changes once it is published, but for what says otherwise. */
struct accel_model {
	struct model *model;
	const struct infer_ops *engine;
	struct overload overload; /* written by lane 0 */
};

/* What a camera called a model, and the one that it got: the name without a version stays with the
 * version that was the latest when it was first asked for. */
struct accel_reference {
	struct accel_reference *next;
	uint16_t model;
	char name[];
};

/* Shared by the lanes. */
struct accel {
	struct gw_device *device;
	pthread_mutex_t opening; /* one model is opened at a time */
	struct accel_reference *references; /* under `opening` */
	_Atomic(struct accel_model *) models[GW_MODELS]; /* published by accel_model_open() */

	/* Frames that were turned away where they began: of each model's cameras so far, and what
	 * was seen of a camera, with the model that it had then. Lane 0. */
	uint64_t refused[GW_MODELS];
	struct {
		uint64_t refused;
		uint32_t model;
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

/* Loads the model that `reference` names ("name" or "name:version"), opens it on an engine and runs
 * it once: slow, any thread. Then publishes it: the lanes see it at their next turn, and nothing
 * that runs is disturbed. When it is there already, only says its index in gw->models. 0 or a
 * negative errno with an error line. */
int accel_model_open(
	struct gw_stage *stage, const char *reference, uint16_t *index, struct gw_error *error);

/* Frees all models; their batchers are the lanes'. No lane runs any more. */
void accel_models_free(struct accel *accel);

/* GET models. */
extern const struct gw_api_route accel_routes[];
