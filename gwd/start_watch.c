#include "gwd/start_watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"

static struct {
	pthread_t thread;
	bool running;
	_Atomic bool stop;
} watch;

static void *wait_for_signal(void *arg)
{
	static const struct timespec step = {.tv_nsec = 20 * GW_NS_PER_MS};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	while (!atomic_load(&watch.stop)) {
		const int number = sigtimedwait(&set, NULL, &step);

		if (number <= 0)
			continue;
		gw_log_say("gwd: stopped while it was starting");
		gw_log_flush(GW_LOG_PATIENCE_NS);
		_exit(128 + number);
	}
	return NULL;
}

void start_watch_begin(void)
{
	atomic_store(&watch.stop, false);
	watch.running =
		gw_thread_start(&watch.thread, "start watch", -1, wait_for_signal, NULL) == 0;
}

void start_watch_end(void)
{
	if (!watch.running)
		return;
	atomic_store(&watch.stop, true);
	pthread_join(watch.thread, NULL);
	watch.running = false;
}
