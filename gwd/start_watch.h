/* A start that takes long (a model's first run, a name server) can be ended by a signal too. */
#pragma once

/* From here to start_watch_end(), SIGINT and SIGTERM end the process at once: nothing was received
 * yet, and there is nothing to drain. Both must be blocked, as they are in every thread. What comes
 * afterwards is left to whoever waits for it. Main thread. */
void start_watch_begin(void);
void start_watch_end(void);
