/* The thread that serves the taps of all ports: the only one that writes to them and reads from
 * them, and that sends by ports. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "dataplane/punt.h"

struct punt_thread {
	uint32_t count;
	struct punt *punt[GW_INTERFACES];
	pthread_t thread;
	bool running;
	_Atomic bool ending;
};

/* Takes one more, before the start. */
void punt_thread_add(struct punt_thread *thread, struct punt *punt);

/* Starts the thread if there is something to serve. Main thread. */
int punt_thread_start(struct punt_thread *thread, struct gw_error *error);

/* Ends it: within some milliseconds. Accepts one that was not started. */
void punt_thread_stop(struct punt_thread *thread);
