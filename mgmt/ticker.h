/* A thread that does something once a second, beside the frame's way. */
#pragma once

struct ticker;

/* Calls `tick` every second, the first time after one second, whole seconds apart however long a
 * call takes. The thread is called `name` and takes no signals. NULL and errno on failure. */
struct ticker *ticker_start(const char *name, void (*tick)(void *arg), void *arg);

/* Ends the thread, after the call that is under way, and frees everything. Accepts NULL. */
void ticker_stop(struct ticker *ticker);
