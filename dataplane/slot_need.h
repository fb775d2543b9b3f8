/* How many slots the cameras need so that nothing is lost for want of one. */
#pragma once

#include "core/config/config.h"
#include "core/error.h"

/* Whether every size class has enough slots for a mode that may lose nothing: two open frames of
 * each camera whose pictures it holds, and one that goes its way. A camera without a configured
 * size may send pictures of any class. Returns 0, or -EINVAL with what to raise. */
int slot_need_check(const struct gw_config *config, struct gw_error *error);
