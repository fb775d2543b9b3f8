/* The end of the process is bounded, whatever hangs: a thread in a system call, a library that
 * waits for its own, a driver. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct gw;

/* From now on the process leaves at `deadline` (gw_now()), with exit code 1 and a line that says
 * what was left, unless last_resort_disarm() comes before. Once at a time. Main thread. */
void last_resort_arm(const struct gw *gw, int64_t deadline);
void last_resort_disarm(void);

/* The gateway is about to be taken down: from here on nothing of it is read. Main thread. */
void last_resort_look_away(void);

/* Nanoseconds until the process would leave, armed or not any more, `most` at most; at least what
 * it takes to say a last line. Main thread. */
int64_t last_resort_left(int64_t most);

/* Writes into `text` what hangs and what is left of the work, for the last line of all: "sink-0 did
 * not end; 3 frames are left behind". Any thread. */
void last_resort_tell(const struct gw *gw, char *text, size_t size);
