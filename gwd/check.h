/* What `gwd check` and a start look at beyond the file itself. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"

/* Whether the models that cameras and the source's template name stand in the repository; a replay
 * has no use for the template. Opens none of them. Returns 0, or -ENOENT with a line. */
int gw_check_models(const struct gw_config *config, bool replay, struct gw_error *error);
