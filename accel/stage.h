/* The accel stage's own state, for the files that make it up. */
#pragma once

#include "accel/batcher.h"
#include "accel/model.h"
#include "core/api.h"
#include "core/gateway.h"

struct accel {
	const struct infer_ops *engine;
	struct model *models[GW_MODELS];
	struct batcher *batchers[GW_MODELS]; /* one per model */
	uint32_t model_count;
	int64_t next_complaint[GW_MODELS]; /* gw_now() before which a model's trouble is not logged
					      again */
};

/* GET models. */
extern const struct gw_api_route accel_routes[];
