/* What `gwd check` and a start look at beyond the file itself. */
#pragma once

#include "core/config/config.h"

/* Whether the models that cameras and the source's template name stand in the repository. Opens
 * none of them. Returns 0, or -ENOENT with a line. */
int gw_check_models(const struct gw_config *config, struct gw_error *error);
