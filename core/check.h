/* What `gwd check`, a start and a commit look at beyond the file itself. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"

/* Whether the models that cameras and the source's template name stand in the repository; a replay
 * has no use for the template. Opens none of them. Returns 0, or -ENOENT with a line. */
int gw_check_models(const struct gw_config *config, bool replay, struct gw_error *error);

/* Whether the devices are there of interfaces that are new in `config` or have another device than
 * in `running`. Opens none of them. Returns 0, or -ENODEV with a line. */
int gw_check_ports(
	const struct gw_config *config, const struct gw_config *running, struct gw_error *error);
