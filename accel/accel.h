/* The inference stage: models, preprocessing, batches, post-processing. */
#pragma once

#include "core/stage.h"

/* Its open() loads the models that cameras name and fills gw->models and the cameras' input sizes.
 */
extern const struct gw_stage_ops accel_stage;
