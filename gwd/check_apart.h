/* What a start would say of a configuration, while this gateway runs. */
#pragma once

#include <stddef.h>

#include "core/error.h"

/* Has `gwd check` look at the text, as a process of its own: this one is not in its way, and what
 * goes wrong there harms nothing here. Waits for it, CHECK_APART_S at most. Returns 0; -EINVAL with
 * the line that the start would end with; another negative errno with a line when nobody could
 * look. Any thread that may wait. */
int check_apart(const char *text, size_t size, struct gw_error *error);

#define CHECK_APART_S 60
