/* The command `send`. */
#pragma once

#include "gwgen/options.h"

/* Returns an exit code; what is wrong was said. */
int send_run(const struct options *options);

/* Set by SIGINT and SIGTERM once send_catch_signals() was called. */
void send_catch_signals(void);
