#include "accel/helpers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config.h"
#include "core/thread.h"

struct helper {
	struct helpers *all;
	pthread_t thread;
	uint32_t hand;
};

struct helpers {
	helpers_fn *work;
	void *owner;
	sem_t wake;
	_Atomic uint32_t asked; /* to come, and have not come yet */
	_Atomic bool stop;
	uint32_t count;
	struct helper helper[GW_HELPERS];
};

static void *help(void *arg)
{
	const struct helper *helper = arg;
	struct helpers *all = helper->all;

	for (;;) {
		while (sem_wait(&all->wake) != 0)
			;
		atomic_fetch_sub_explicit(&all->asked, 1, memory_order_acq_rel);
		do
			if (atomic_load_explicit(&all->stop, memory_order_acquire))
				return NULL;
		while (all->work(all->owner, helper->hand));
	}
}

struct helpers *helpers_start(const char *name, uint32_t count, const struct gw_device *device,
	helpers_fn *work, void *owner, struct gw_error *error)
{
	struct helpers *helpers = calloc(1, sizeof(*helpers));
	char thread_name[16];

	if (!helpers) {
		gw_error_set(error, -ENOMEM, "model %s: out of memory", name);
		return NULL;
	}
	helpers->work = work;
	helpers->owner = owner;
	sem_init(&helpers->wake, 0, 0);
	snprintf(thread_name, sizeof(thread_name), "help-%.10s", name);
	for (uint32_t i = 0; i < count; i++) {
		struct helper *helper = &helpers->helper[i];

		*helper = (struct helper){.all = helpers, .hand = i + 1};
		const int status = gw_thread_start_on(&helper->thread, thread_name,
			device->pinned ? &device->cores : NULL, help, helper);

		if (status != 0) {
			gw_error_set(error, status, "model %s: no thread that helps it: %s", name,
				strerror(-status));
			helpers_stop(helpers);
			return NULL;
		}
		helpers->count++;
	}
	return helpers;
}

void helpers_wake(struct helpers *helpers, uint32_t count)
{
	if (count > helpers->count)
		count = helpers->count;
	/* Whoever has not come yet finds this work, too. To write what was read orders this and
	 * the helper's own write: it sees the work, or is not among those who were asked. */
	uint32_t asked = atomic_fetch_add_explicit(&helpers->asked, 0, memory_order_acq_rel);

	while (asked < count)
		if (atomic_compare_exchange_weak_explicit(&helpers->asked, &asked, asked + 1,
			    memory_order_acq_rel, memory_order_acquire)) {
			sem_post(&helpers->wake);
			asked++;
		}
}

void helpers_stop(struct helpers *helpers)
{
	if (!helpers)
		return;
	atomic_store_explicit(&helpers->stop, true, memory_order_release);
	for (uint32_t i = 0; i < helpers->count; i++)
		sem_post(&helpers->wake);
	for (uint32_t i = 0; i < helpers->count; i++)
		pthread_join(helpers->helper[i].thread, NULL);
	sem_destroy(&helpers->wake);
	free(helpers);
}
