/* Pictures that a model made better, beside those that were given. For `gwd model check`. */
#pragma once

#include "core/error.h"

/* Copies the sink's picture `from` to `to`. Returns 0 or a negative errno with a line. */
int enhanced_take(const char *from, const char *to, struct gw_error *error);
