/* What looks at a camera's pictures when one model is not enough: steps, each a model or several of
 * them on the picture, or on crops of what an earlier step found (docs/configuration.md, `plan`).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

#define GW_PLAN_STEPS 8
#define GW_ENSEMBLE 4 /* models that look at the same thing */
#define GW_PLAN_MODELS 24 /* of all steps together: as many may look at one frame */
#define GW_STEP_LABELS 64 /* that one step may want of another */
#define GW_STEP_CROPS 64 /* of one frame */

/* How several models become one opinion (accel/combine.h). */
enum gw_combine { GW_COMBINE_MEAN, GW_COMBINE_VOTE };

struct gw_step_config {
	char *name; /* NULL: gw_step_name() */
	char *model; /* "name" or "name:version"; NULL: `models` */
	char **models; /* 2 .. GW_ENSEMBLE of them */
	uint32_t models_count;
	enum gw_combine combine;

	/* The rest but `every` says which crops are looked at. */
	char *from; /* the name of an earlier step; NULL: the picture */
	char **only; /* labels of that step that are wanted; NULL: all */
	uint32_t only_count;
	float least; /* confidence that a box needs, 0 .. 1 */
	uint32_t most; /* crops of a frame, the most confident ones; 1 .. GW_STEP_CROPS */
	float margin; /* the box grows by this part of its sides, half of it at each end; 0 .. 4 */

	uint32_t every; /* looks at every n-th frame of the camera, from 1 on */
};

struct gw_camera_config;

/* What `from` calls the step: its name, or that of its only model as it is written. An ensemble
 * always has a name. */
static inline const char *gw_step_name(const struct gw_step_config *step)
{
	return step->name ? step->name : step->model;
}

/* The step's models one by one: `model`, or all of `models`. */
static inline uint32_t gw_step_models(const struct gw_step_config *step)
{
	return step->model ? 1 : step->models_count;
}

static inline const char *gw_step_model(const struct gw_step_config *step, uint32_t i)
{
	return step->model ? step->model : step->models[i];
}

/* Copies steps with all that hangs from them, for the one who holds a struct gw_camera_config.
 * NULL: out of memory, or nothing to copy. What was copied is released with the camera. */
struct gw_step_config *gw_plan_copy(const struct gw_step_config *plan, uint32_t count);

/* The index of the step that `from` of step `i` names; -1: it looks at the picture. For a plan that
 * was checked. */
int gw_plan_from(const struct gw_step_config *plan, uint32_t i);
