/* Where the management plane keeps what outlives the process and is no configuration. */
#pragma once

#include <limits.h>

#include "core/error.h"

struct gw;

/* The path of `name` in the folder that `api.state` names, or else in FILE.state beside the
 * configuration file; the folder itself is made (0700). Returns 0, -ENOENT where there is neither
 * (`path` is not set then), or -ENAMETOOLONG with a line. What cannot be made is found by who uses
 * it. */
int folder_in(const struct gw *gw, const char *name, char path[PATH_MAX], struct gw_error *error);
