/* The accel stage's own state, for the files that make it up. */
#pragma once

#include "accel/batcher.h"
#include "accel/model.h"
#include "core/api.h"
#include "core/gateway.h"

/* Shared by the lanes. Models are added by the control thread while the lanes turn; the first
 * gw->model_count are there, and stay. */
struct accel {
	const struct infer_ops *engine; /* NULL: no camera had a model so far */
	struct model *models[GW_MODELS];
};

struct accel_lane {
	struct batcher *batchers[GW_MODELS]; /* one per model */
	int64_t next_complaint[GW_MODELS]; /* gw_now() before which a model's trouble is not logged
					      again */
};

/* GET models. */
extern const struct gw_api_route accel_routes[];
