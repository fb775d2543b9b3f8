/* The command `send`. */
#pragma once

#include <stdatomic.h>

#include "gwgen/options.h"

/* Returns an exit code; what is wrong was said. `stop` is set by a signal handler. */
int send_run(const struct options *options, const atomic_bool *stop);
