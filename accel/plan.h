/* What a camera's models make of its frames: steps, each a model (or several, whose answers are
 * made one) that looks at the picture, or at the parts of it that an earlier step found.
 */
#pragma once

#include "accel/route.h"
#include "core/camera.h"
#include "core/config/config.h"
#include "core/config/plan.h"
#include "core/gateway.h"
#include "core/stage.h"

struct plan_step {
	const struct route *route[GW_ENSEMBLE]; /* to its models */
	uint32_t model_count; /* above 1: an ensemble */
	enum gw_combine combine;
	int from; /* the step whose boxes it looks at; -1: the picture */
	float least; /* ... those with so much confidence */
	float margin; /* ... grown by this part of their sides, half of it at each end */
	uint32_t most; /* ... the best so many of a frame's */
	bool *only; /* ... of these labels of that step's model; NULL: all */
	uint32_t every; /* it looks at every n-th frame; 1: at each */
};

/* Read-only once it is made; a camera's version owns it, and it is a user of its steps' routes. */
struct plan {
	uint32_t step_count;
	struct plan_step step[GW_PLAN_STEPS];
	uint32_t jobs_most; /* that one frame may need */
	bool single; /* one model looks at the picture, and that is all */
	struct gw_want wants[2 * GW_PLAN_MODELS]; /* of both versions of each route */
	uint32_t want_count;
};

/* Opens the models that are not there yet, which is slow. NULL and a negative errno in *status with
 * an error line, or without a plan and 0: the camera wants none. Any thread. */
struct plan *plan_make(struct gw_stage *stage, const struct gw_camera_config *config, int *status,
	struct gw_error *error);

/* Whether one of its steps has that route. Accepts NULL. */
bool plan_leads(const struct plan *plan, const struct route *route);

/* Accepts NULL. Any thread. */
void plan_free(struct gw_stage *stage, struct plan *plan);
