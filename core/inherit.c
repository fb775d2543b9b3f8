#include "core/inherit.h"

#include <pthread.h>

/* Written once, before the first thread. */
static cpu_set_t process_cores;
static bool process_cores_known;

void gw_inherit_remember(void)
{
	process_cores_known = sched_getaffinity(0, sizeof(process_cores), &process_cores) == 0;
}

void gw_inherit_begin(struct gw_inherit *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before->signals);
	before->cores_known = process_cores_known &&
		sched_getaffinity(0, sizeof(before->cores), &before->cores) == 0;
	if (before->cores_known)
		sched_setaffinity(0, sizeof(process_cores), &process_cores);
}

void gw_inherit_end(const struct gw_inherit *before)
{
	if (before->cores_known)
		sched_setaffinity(0, sizeof(before->cores), &before->cores);
	pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
}
