/* The decode stage: JPEG to pixels, by the back-end that the configuration names. */
#pragma once

#include "core/stage.h"

/* Passes at once what needs no decoding (frames of cameras without a model, frames that failed),
 * once the camera's older frames have gone. The others wait, where they can be shed, until the
 * decoder has room and their model will soon have use for them: cameras are served in turn. All
 * frames are probed; each camera's leave in their order. */
extern const struct gw_stage_ops decode_stage;
