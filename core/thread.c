#include "core/thread.h"

#include <time.h>

#include "core/clock.h"

/* Written once, by the main thread and before any thread that makes others: the log's, which is
 * there already, makes none. */
static cpu_set_t process_cores;
static bool process_cores_known;

void gw_inherit_remember(void)
{
	process_cores_known = sched_getaffinity(0, sizeof(process_cores), &process_cores) == 0;
}

void gw_thread_allowed(cpu_set_t *cores)
{
	if (process_cores_known) {
		*cores = process_cores;
		return;
	}
	CPU_ZERO(cores);
	(void)sched_getaffinity(0, sizeof(*cores), cores);
}

static _Thread_local bool gives_way;

static bool set_policy(int policy)
{
	static const struct sched_param none = {.sched_priority = 0};

	return sched_setscheduler(0, policy, &none) == 0;
}

void gw_inherit_begin(struct gw_inherit *before, const cpu_set_t *cores)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before->signals);
	/* Not within another pair, which has seen to it. */
	before->gave_way = gives_way && sched_getscheduler(0) == SCHED_BATCH;
	if (before->gave_way)
		(void)set_policy(SCHED_OTHER);
	if (!cores && process_cores_known)
		cores = &process_cores;
	before->cores_known =
		cores && sched_getaffinity(0, sizeof(before->cores), &before->cores) == 0;
	if (before->cores_known)
		sched_setaffinity(0, sizeof(*cores), cores);
}

void gw_inherit_end(const struct gw_inherit *before)
{
	if (before->cores_known)
		sched_setaffinity(0, sizeof(before->cores), &before->cores);
	if (before->gave_way)
		(void)set_policy(SCHED_BATCH);
	pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
}

int gw_thread_start(pthread_t *thread, const char *name, int core, void *(*run)(void *), void *arg)
{
	cpu_set_t cores;

	if (core < 0)
		return gw_thread_start_on(thread, name, NULL, run, arg);
	CPU_ZERO(&cores);
	CPU_SET((unsigned int)core, &cores);
	return gw_thread_start_on(thread, name, &cores, run, arg);
}

int gw_thread_start_on(pthread_t *thread, const char *name, const cpu_set_t *cores,
	void *(*run)(void *), void *arg)
{
	struct gw_inherit before;
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	if (cores)
		pthread_attr_setaffinity_np(&attributes, sizeof(*cores), cores);
	gw_inherit_begin(&before, NULL);
	const int status = pthread_create(thread, &attributes, run, arg);

	gw_inherit_end(&before);
	pthread_attr_destroy(&attributes);
	if (status == 0)
		pthread_setname_np(*thread, name);
	return -status;
}

void gw_thread_give_way(void)
{
	/* Whoever has the process run by another policy means it. */
	gives_way = gives_way || (sched_getscheduler(0) == SCHED_OTHER && set_policy(SCHED_BATCH));
}

bool gw_thread_join(pthread_t thread, int64_t deadline)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS / 2};

	/* There is a call that waits by the monotonic clock, but the thread sanitizer does not know
	 * it, and takes the threads that were joined by it for running ones. */
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		if (gw_now() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
