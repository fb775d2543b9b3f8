#include "dataplane/punt_thread.h"

#include <poll.h>
#include <rte_lcore.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/thread.h"

/* How long a packet for the kernel may lie in its ring: the receive threads wake nobody. Longer
 * when none came for a while. */
#define BUSY_WAIT_MS 1
#define IDLE_WAIT_MS 5
#define BUSY_NS (GW_NS_PER_S / 2)

static void rest(const struct punt_thread *thread, int milliseconds)
{
	struct pollfd wait[GW_INTERFACES];

	for (uint32_t i = 0; i < thread->count; i++)
		wait[i] = (struct pollfd){.fd = thread->punt[i]->tap.fd, .events = POLLIN};
	const int ready = poll(wait, thread->count, milliseconds);

	/* An interface that somebody deleted is always ready, to say so. */
	for (int i = 0; ready > 0 && i < (int)thread->count; i++) {
		const struct timespec pause = {.tv_nsec = milliseconds * GW_NS_PER_MS};

		if (wait[i].revents & ~POLLIN) {
			nanosleep(&pause, NULL);
			return;
		}
	}
}

static void *serve(void *arg)
{
	struct punt_thread *thread = arg;
	int64_t worked = 0;

	(void)rte_thread_register();
	while (!atomic_load_explicit(&thread->ending, memory_order_acquire)) {
		uint32_t work = 0;

		for (uint32_t i = 0; i < thread->count; i++)
			work += punt_move(thread->punt[i]);
		const int64_t now = gw_now();

		if (work > 0)
			worked = now;
		else
			rest(thread, now - worked < BUSY_NS ? BUSY_WAIT_MS : IDLE_WAIT_MS);
	}
	/* What was said last: that groups are left. */
	for (uint32_t i = 0; i < thread->count; i++)
		(void)punt_move(thread->punt[i]);
	rte_thread_unregister();
	return NULL;
}

void punt_thread_add(struct punt_thread *thread, struct punt *punt)
{
	thread->punt[thread->count++] = punt;
}

int punt_thread_start(struct punt_thread *thread, struct gw_error *error)
{
	if (thread->count == 0)
		return 0;
	const int status = gw_thread_start(&thread->thread, "punt", -1, serve, thread);

	thread->running = status == 0;
	return status == 0 ? 0
			   : gw_error_set(error, status, "dataplane: no thread for the kernel: %s",
				     strerror(-status));
}

void punt_thread_stop(struct punt_thread *thread)
{
	if (!thread->running)
		return;
	atomic_store_explicit(&thread->ending, true, memory_order_release);
	pthread_join(thread->thread, NULL);
	thread->running = false;
}
