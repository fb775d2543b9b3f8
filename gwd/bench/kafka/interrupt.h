/* Ctrl-C and its like, for work that cleans up behind itself. */
#pragma once

#include <stdbool.h>

/* From here on SIGINT, SIGTERM and SIGHUP are remembered. Main thread. */
void interrupt_begin(void);

/* Whether one came. */
bool interrupt_came(void);

/* Which: what the process's exit code is made of. 0: none. */
int interrupt_signal(void);
