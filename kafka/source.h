/* The stage where frames begin that come as records of a topic. */
#pragma once

#include "core/stage.h"

extern const struct gw_stage_ops source_stage;
