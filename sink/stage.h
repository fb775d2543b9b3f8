/* The last stage: results and sampled pictures leave the gateway, frames go back to the pool. */
#pragma once

#include "core/stage.h"

extern const struct gw_stage_ops sink_stage;
