/* Slow requests: a few threads that answer them beside the server's, so that nobody waits for
 * another's.
 *
 * Many may wait for a thread; one more than that is refused. A job belongs to whoever put it until
 * job_free(), also while a thread is at work on it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/api.h"

#define JOBS_THREADS 2
#define JOBS_WAITING 16

struct jobs;
struct job;

/* Starts the threads; NULL with an error line on failure. `gw` must outlive them. */
struct jobs *jobs_start(struct gw *gw, struct gw_error *error);

/* Has a request answered on one of the threads. All strings are copied, the body is referenced.
 * `done` is called once, on any thread, when job_reply() may be; it may be called before this
 * returns. NULL: too many wait already (errno EAGAIN), the end is near (ESHUTDOWN), or ENOMEM;
 * `done` is not called then. Any thread. */
struct job *jobs_put(struct jobs *jobs, const char *method, const char *path,
	const struct gw_request *request, void (*done)(void *arg), void *arg);

/* Takes the answer, once. */
void job_reply(struct job *job, struct gw_reply *reply);

/* The job is not wanted any more. Before jobs_destroy(). Accepts NULL. */
void job_free(struct job *job);

/* How many wait and how many are at work. Any thread. */
void jobs_count(struct jobs *jobs, uint32_t *waiting, uint32_t *running);

/* Takes no more jobs, answers 503 to those that wait, tells the others by their request's `ending`
 * and waits `patience` nanoseconds for them; those that are still at work then are answered 503 as
 * well, though they go on. Every `done` has been called afterwards. True when none is left. */
bool jobs_stop(struct jobs *jobs, int64_t patience);

/* Frees everything, after jobs_stop() was true; after false it must not be called. Accepts NULL. */
void jobs_destroy(struct jobs *jobs);
