#include "mgmt/watch.h"

#include <pthread.h>
#include <stdlib.h>

struct watch {
	struct gw *gw;
	struct gw_health_log *log; /* of the thread that looks, as is `looked` */
	struct gw_health looked;
	pthread_mutex_t lock; /* guards `last` */
	struct gw_health last;
};

struct watch *watch_create(struct gw *gw)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->gw = gw;
	watch->log = gw_health_log_create();
	if (!watch->log) {
		free(watch);
		return NULL;
	}
	pthread_mutex_init(&watch->lock, NULL);
	return watch;
}

void watch_destroy(struct watch *watch)
{
	if (!watch)
		return;
	gw_health_log_destroy(watch->log);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

void watch_look(struct watch *watch, int64_t now)
{
	/* Whoever is asked may take a while: nobody who reads waits for that. */
	gw_health_collect(watch->gw, &watch->looked);
	gw_health_watch(watch->log, &watch->looked, now);
	pthread_mutex_lock(&watch->lock);
	watch->last = watch->looked;
	pthread_mutex_unlock(&watch->lock);
}

void watch_read(struct watch *watch, struct gw_health *health)
{
	pthread_mutex_lock(&watch->lock);
	*health = watch->last;
	pthread_mutex_unlock(&watch->lock);
}
