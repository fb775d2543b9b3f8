/* Threads: made in one place, and what they inherit from the one that makes them: the signal mask,
 * the processors they may use, and whether they give way.
 *
 * Signals belong to the main thread. Libraries make threads of their own: theirs take no signals
 * either, run wherever the process may, also when a pinned thread makes them, and give way to
 * nobody, also when one makes them that does.
 */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct gw_inherit {
	sigset_t signals;
	cpu_set_t cores;
	bool cores_known;
	bool gave_way; /* and does again, at the end */
};

/* Remembers where the process may run (taskset, CPUAffinity=). Main thread, before anything is
 * pinned; until then threads keep what their maker has. */
void gw_inherit_remember(void);

/* Where this process may run. Any thread. */
void gw_thread_allowed(cpu_set_t *cores);

/* Threads that the caller makes from here to gw_inherit_end() are such; with `cores` (NULL: none)
 * they run there instead. */
void gw_inherit_begin(struct gw_inherit *before, const cpu_set_t *cores);
void gw_inherit_end(const struct gw_inherit *before);

/* Makes a thread that takes no signals, called `name` (at most 15 bytes), on processor `core`, or
 * with -1 wherever the process may run. Returns 0 or a negative errno. Any thread. */
int gw_thread_start(pthread_t *thread, const char *name, int core, void *(*run)(void *), void *arg);

/* The same on any of `cores`; NULL: wherever the process may run. */
int gw_thread_start_on(pthread_t *thread, const char *name, const cpu_set_t *cores,
	void *(*run)(void *), void *arg);

/* The calling thread is one that serves people, or looks at figures: when it wakes, it takes no
 * processor away from one that frames wait for (SCHED_BATCH, sched(7)). Its share stays that of the
 * others: on a machine that has too much to do, people are answered too. */
void gw_thread_give_way(void);

/* Waits until `deadline` (gw_now()) for the thread's end, at least one look long, and joins it.
 * Returns false when it has not ended; then it can be tried again. */
bool gw_thread_join(pthread_t thread, int64_t deadline);
