/* A gateway of toy stages in a process of its own, which does what a test wants to see. */
#pragma once

#include "core/test.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Shared with the child by fork(); what happens when. */
struct play {
	int never[2]; /* a pipe into which nobody writes */
	bool log_unread; /* stderr is a full pipe */
	bool start_hangs, sink_hangs, close_hangs;
	bool close_is_long; /* and has much to say at its end */
	uint32_t change_us; /* what each change of the control thread takes; 0: it makes none */
	_Atomic bool changes; /* it has begun one */
	bool replays; /* its source is exhausted after the first frames, and the first change's
			 begin */
	int log_end; /* of a pipe that stderr is, when it is not 0 */
	int64_t freeze_at, thaw_at; /* gw_now(): the sink's lane does not turn in between */
};

extern struct play play;

struct run {
	FILE *log;
	pid_t process;
};

/* cmocka's setup, which begins a new play, and teardown. */
int set_up(void **state);
int tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

void launch(struct run *run);

/* What it has printed so far; one buffer. */
const char *printed(const struct run *run);

/* SIGTERM, and SIGKILL when that is in vain; returns the wait status, and the time that it took. */
int terminate(struct run *run, int64_t *ns);
