#include "accel/runner.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bell.h"
#include "core/clock.h"
#include "core/thread.h"

struct runner {
	const struct infer_spec *spec;
	runner_fn *run;
	void *engine;
	pthread_t thread;
	sem_t work; /* one per submitted batch, one more to end */
	_Atomic bool stop;
	_Atomic uint64_t done; /* batches that were run; written by the thread, read by poll */
	uint64_t submitted; /* by submit only; the thread sees a batch through `work` */
	uint64_t polled; /* by poll only */
	struct infer_batch *ring[]; /* spec->batch_count */
};

static void *run_batches(void *arg)
{
	struct runner *runner = arg;

	for (uint64_t i = 0;; i++) {
		while (sem_wait(&runner->work) != 0)
			;
		if (atomic_load_explicit(&runner->stop, memory_order_acquire))
			return NULL;
		struct infer_batch *batch = runner->ring[i % runner->spec->batch_count];

		batch->status = 0;
		batch->started = gw_now();
		if (runner->spec->prepare)
			runner->spec->prepare(runner->spec->owner, batch);
		if (atomic_exchange_explicit(&batch->unplaced, 0, memory_order_acquire) == 0) {
			runner->run(runner->engine, batch);
		} else {
			batch->status = -EIO;
			snprintf(batch->error, sizeof(batch->error),
				"model %s: pictures were lost with the device that decoded them",
				runner->spec->name);
		}
		batch->ended = gw_now();
		if (runner->spec->finish)
			runner->spec->finish(runner->spec->owner, batch);
		atomic_store_explicit(&runner->done, i + 1, memory_order_release);
		if (runner->spec->bell)
			gw_bell_ring(runner->spec->bell);
	}
}

struct runner *runner_start(const struct infer_spec *spec, const struct gw_device *device,
	runner_fn *run, void *engine, struct gw_error *error)
{
	struct runner *runner =
		calloc(1, sizeof(*runner) + spec->batch_count * sizeof(runner->ring[0]));
	const char *name = spec->name;
	char thread_name[16];

	if (!runner) {
		gw_error_set(error, -ENOMEM, "model %s: out of memory", name);
		return NULL;
	}
	runner->spec = spec;
	runner->run = run;
	runner->engine = engine;
	sem_init(&runner->work, 0, 0);
	snprintf(thread_name, sizeof(thread_name), "infer-%.9s", name);
	const int status = gw_thread_start_on(&runner->thread, thread_name,
		device->pinned ? &device->cores : NULL, run_batches, runner);

	if (status != 0) {
		gw_error_set(
			error, status, "model %s: no thread for it: %s", name, strerror(-status));
		sem_destroy(&runner->work);
		free(runner);
		return NULL;
	}
	return runner;
}

void runner_submit(struct runner *runner, struct infer_batch *batch)
{
	runner->ring[runner->submitted++ % runner->spec->batch_count] = batch;
	sem_post(&runner->work);
}

uint32_t runner_poll(struct runner *runner, struct infer_batch **batches, uint32_t count)
{
	uint64_t done = atomic_load_explicit(&runner->done, memory_order_acquire);
	uint32_t n = 0;

	while (n < count && runner->polled != done)
		batches[n++] = runner->ring[runner->polled++ % runner->spec->batch_count];
	return n;
}

void runner_stop(struct runner *runner)
{
	if (!runner)
		return;
	atomic_store_explicit(&runner->stop, true, memory_order_release);
	sem_post(&runner->work);
	pthread_join(runner->thread, NULL);
	sem_destroy(&runner->work);
	free(runner);
}
