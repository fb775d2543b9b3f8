/* The command `search`. */
#pragma once

#include <stdatomic.h>

#include "gwgen/options.h"

/* Returns an exit code; what is wrong was said. `stop` is set by a signal handler. */
int line_rate_run(const struct options *options, const atomic_bool *stop);
