/* Defaults. Private to core/config. */
#pragma once

#include "core/config/config.h"

#define CONFIG_DEFAULT_CROPS 16 /* of a step, in one frame */

/* Puts defaults where nothing was given. Returns 0 or -ENOMEM. */
int config_complete(struct gw_config *config, struct gw_error *error);

/* The same for one camera. */
void config_complete_camera(struct gw_camera_config *camera);
