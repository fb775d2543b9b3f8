#include "gwd/last_resort.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "core/thread.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool armed;
	const struct gw *gw; /* NULL: it is being taken down */
	int64_t deadline;
} last = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Names the lanes that have not ended. */
static void list_hanging(const struct gw *gw, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			const struct gw_lane *lane = &gw->stages[i].lanes[k];

			if (atomic_load(&lane->running) && !atomic_load(&lane->ended) &&
				used < size)
				used += (size_t)snprintf(text + used, size - used, "%s%s",
					used ? ", " : "", lane->name);
		}
	}
	if (used == 0)
		snprintf(text, size, "a change or a library");
}

void last_resort_tell(const struct gw *gw, char *text, size_t size)
{
	char hanging[256];

	list_hanging(gw, hanging, sizeof(hanging));
	snprintf(text, size, "%s did not end; %u frames are left behind", hanging,
		gw_pool_in_use(gw->pool, UINT32_MAX));
}

static void *wait_and_leave(void *arg)
{
	const struct timespec until = {last.deadline / GW_NS_PER_S, last.deadline % GW_NS_PER_S};
	char left[320];

	pthread_mutex_lock(&last.lock);
	while (last.armed && gw_now() < last.deadline)
		pthread_cond_timedwait(&last.changed, &last.lock, &until);
	if (last.armed) {
		if (last.gw)
			last_resort_tell(last.gw, left, sizeof(left));
		else
			snprintf(left, sizeof(left), "taking the gateway down did not end");
		gw_error_log("gwd", "stopped at last: %s", left);
		gw_log_flush(GW_LOG_PATIENCE_NS);
		_exit(1);
	}
	pthread_mutex_unlock(&last.lock);
	return NULL;
}

void last_resort_arm(const struct gw *gw, int64_t deadline)
{
	pthread_condattr_t monotonic;

	if (last.armed)
		return;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&last.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	last.gw = gw;
	last.deadline = deadline;
	last.armed = true;
	if (gw_thread_start(&last.thread, "last resort", -1, wait_and_leave, NULL) != 0)
		last.armed = false;
}

void last_resort_look_away(void)
{
	pthread_mutex_lock(&last.lock);
	last.gw = NULL;
	pthread_mutex_unlock(&last.lock);
}

void last_resort_disarm(void)
{
	pthread_mutex_lock(&last.lock);
	const bool armed = last.armed;

	last.armed = false;
	if (armed)
		pthread_cond_signal(&last.changed);
	pthread_mutex_unlock(&last.lock);
	if (armed)
		pthread_join(last.thread, NULL);
}

int64_t last_resort_left(int64_t most)
{
	/* Nobody has asked for an end: a replay came to its own. */
	if (last.deadline == 0)
		return most;
	const int64_t left = last.deadline - gw_now();

	if (left < GW_LOG_PATIENCE_NS)
		return GW_LOG_PATIENCE_NS;
	return left < most ? left : most;
}
