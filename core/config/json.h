/* A configuration as JSON: the keys of the file, defaults filled in; what was not given and has no
 * default is left out. Any thread. What is returned is the caller's; NULL: out of memory.
 */
#pragma once

#include <jansson.h>

#include "core/config/config.h"

#define GW_FLOAT_DIGITS 9 /* enough to tell every float from its neighbours */

/* Passwords and keys are replaced by "***": for everything that leaves the process. */
json_t *gw_config_json(const struct gw_config *config);

/* gw_config_camera_parse() reads it again. */
json_t *gw_config_camera_json(const struct gw_camera_config *camera);
