/* libjpeg-turbo on worker threads: the reference for all other back-ends. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/gateway.h"
#include "core/idle.h"
#include "core/thread.h"
#include "decode/decoder.h"
#include "decode/queue.h"
#include "decode/turbo_picture.h"

#define MAX_WORKERS 256u

struct worker {
	struct turbo *turbo;
	pthread_t thread;
	bool running;
	struct turbo_picture picture;
};

struct turbo {
	struct decode_queue queue;
	const struct gw *gw;
	_Alignas(DECODE_CACHE_LINE) _Atomic bool stop; /* main writes, workers read */
	struct worker *workers;
	uint32_t worker_count;
};

static void *worker_thread(void *arg)
{
	struct worker *worker = arg;
	struct turbo *turbo = worker->turbo;
	struct gw_idle idle = {
		.policy = turbo->gw->config->gateway->idle, .bell = &turbo->queue.came};

	while (!atomic_load_explicit(&turbo->stop, memory_order_relaxed)) {
		struct gw_frame *frame = decode_queue_draw(&turbo->queue);

		if (frame) {
			turbo_picture_serve(&worker->picture, frame);
			decode_queue_done(&turbo->queue, frame);
		}
		gw_idle_after(&idle, frame != NULL);
	}
	gw_idle_end(&idle);
	return NULL;
}

static int start_worker(struct turbo *turbo, uint32_t index, uint32_t max_width)
{
	struct worker *worker = &turbo->workers[index];
	char name[16];

	worker->turbo = turbo;
	int status = turbo_picture_open(&worker->picture, max_width);

	if (status == 0) {
		snprintf(name, sizeof(name), "decode-%u", index % 1000);
		status = gw_thread_start(&worker->thread, name, -1, worker_thread, worker);
	}
	worker->running = status == 0;
	return status;
}

static int turbo_open(struct decoder *decoder, struct gw_device *device, struct gw_error *error)
{
	const struct gw_decode_config *config = decoder->gw->config->decode;
	uint32_t workers = config->workers ? config->workers : 1;
	struct turbo *turbo = aligned_alloc(DECODE_CACHE_LINE, sizeof(*turbo));

	if (workers > MAX_WORKERS) {
		free(turbo);
		return gw_error_set(error, -EINVAL,
			"decode: %u workers are too many: `workers` may be 1 to %u", workers,
			MAX_WORKERS);
	}
	if (!turbo)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	memset(turbo, 0, sizeof(*turbo));
	decoder->state = turbo;
	/* Each worker has a picture in hand and one to go on with; two more while the stage rests.
	 * What waits here cannot be shed any more, so it is not more than that. */
	decoder->depth = 2 * workers + 2;
	turbo->gw = decoder->gw;
	turbo->workers = calloc(workers, sizeof(struct worker));
	turbo->queue.alike = true;
	if (decode_queue_open(&turbo->queue, decoder->depth, decoder->bell) != 0 || !turbo->workers)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	turbo->worker_count = workers;
	for (uint32_t i = 0; i < workers; i++) {
		int status = start_worker(turbo, i, config->max_width);

		if (status != 0)
			return gw_error_set(error, status, "decode: worker %u cannot start: %s", i,
				strerror(-status));
	}
	return 0;
}

static void turbo_submit(struct decoder *decoder, struct gw_frame *const *frames, uint32_t count)
{
	decode_queue_submit(&((struct turbo *)decoder->state)->queue, frames, count);
}

static uint32_t turbo_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	return decode_queue_poll(&((struct turbo *)decoder->state)->queue, frames, count);
}

static void turbo_close(struct decoder *decoder)
{
	struct turbo *turbo = decoder->state;

	if (!turbo)
		return;
	atomic_store_explicit(&turbo->stop, true, memory_order_relaxed);
	gw_bell_ring(&turbo->queue.came);
	for (uint32_t i = 0; i < turbo->worker_count; i++) {
		if (turbo->workers[i].running)
			pthread_join(turbo->workers[i].thread, NULL);
		turbo_picture_close(&turbo->workers[i].picture);
	}
	free(turbo->workers);
	decode_queue_close(&turbo->queue);
	free(turbo);
}

const struct decoder_ops decoder_turbo = {
	.name = "turbo",
	.memory = GW_MEM_HOST,
	.open = turbo_open,
	.submit = turbo_submit,
	.poll = turbo_poll,
	.close = turbo_close,
};
