/* The decode stage: JPEG to pixels, by the back-end that the configuration names. */
#pragma once

#include "core/stage.h"

/* Claims waiting frames, probes and decodes those whose camera has a model, passes all of them on.
 */
extern const struct gw_stage_ops decode_stage;
