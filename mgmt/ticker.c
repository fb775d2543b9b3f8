#include "mgmt/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "core/thread.h"

struct ticker {
	pthread_mutex_t lock; /* guards `stop` */
	pthread_cond_t wake;
	pthread_t thread;
	bool stop;
	void (*tick)(void *arg);
	void *arg;
};

static void *ticker_thread(void *arg)
{
	struct ticker *ticker = arg;
	struct timespec next;

	gw_thread_give_way();
	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&ticker->lock);
	while (!ticker->stop) {
		next.tv_sec++;
		while (!ticker->stop &&
			pthread_cond_timedwait(&ticker->wake, &ticker->lock, &next) != ETIMEDOUT)
			;
		if (ticker->stop)
			break;
		pthread_mutex_unlock(&ticker->lock);
		ticker->tick(ticker->arg);
		pthread_mutex_lock(&ticker->lock);
	}
	pthread_mutex_unlock(&ticker->lock);
	return NULL;
}

static void free_ticker(struct ticker *ticker)
{
	pthread_cond_destroy(&ticker->wake);
	pthread_mutex_destroy(&ticker->lock);
	free(ticker);
}

struct ticker *ticker_start(const char *name, void (*tick)(void *arg), void *arg)
{
	struct ticker *ticker = calloc(1, sizeof(*ticker));
	pthread_condattr_t attributes;

	if (!ticker)
		return NULL;
	ticker->tick = tick;
	ticker->arg = arg;
	pthread_mutex_init(&ticker->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&ticker->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	int status = gw_thread_start(&ticker->thread, name, -1, ticker_thread, ticker);
	if (status != 0) {
		free_ticker(ticker);
		errno = -status;
		return NULL;
	}
	return ticker;
}

void ticker_stop(struct ticker *ticker)
{
	if (!ticker)
		return;
	pthread_mutex_lock(&ticker->lock);
	ticker->stop = true;
	pthread_cond_signal(&ticker->wake);
	pthread_mutex_unlock(&ticker->lock);
	pthread_join(ticker->thread, NULL);
	free_ticker(ticker);
}
