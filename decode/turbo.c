/* libjpeg-turbo on worker threads: the reference for all other back-ends.
 *
 * Frames stand in a ring. The stage's thread writes the slots and counts them in; workers draw
 * tickets, each ticket one slot; the stage's thread takes the slots back in the order in which it
 * wrote them.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/idle.h"
#include "decode/decoder.h"
#include "decode/turbo_picture.h"

#define CACHE_LINE 64
#define MAX_WORKERS 256u

struct slot {
	_Alignas(CACHE_LINE) struct gw_frame *frame; /* written by the stage's thread */
	_Atomic bool done; /* false by the stage's thread, true by the worker */
};

struct worker {
	struct turbo *turbo;
	pthread_t thread;
	bool running;
	struct turbo_picture picture;
};

struct turbo {
	const struct gw *gw;
	/* Frames that came, ever. Written by the stage's thread, read by the workers. */
	_Alignas(CACHE_LINE) _Atomic uint64_t submitted;
	uint64_t returned; /* the stage's thread only */
	/* Frames that workers have begun. */
	_Alignas(CACHE_LINE) _Atomic uint64_t ticket;
	_Alignas(CACHE_LINE) _Atomic bool stop; /* main writes, workers read */
	struct slot *ring;
	uint64_t mask;
	struct worker *workers;
	uint32_t worker_count;
};

/* What a worker does with one frame. */
static void decode(struct worker *worker, struct gw_frame *frame)
{
	if (gw_frame_failed(frame))
		return;
	frame->stamp[GW_STAMP_DECODE] = gw_now();
	int status = turbo_picture_decode(&worker->picture, frame->version, frame);
	if (status == 0)
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	else
		gw_frame_fail(
			frame, status == -EMSGSIZE ? GW_DROP_JPEG_LIMIT : GW_DROP_DECODE_FAILED);
}

/* Draws the next ticket; false when there is none. */
static bool draw_ticket(struct turbo *turbo, uint64_t *ticket)
{
	*ticket = atomic_load_explicit(&turbo->ticket, memory_order_relaxed);
	do {
		if (*ticket == atomic_load_explicit(&turbo->submitted, memory_order_acquire))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&turbo->ticket, ticket, *ticket + 1, memory_order_relaxed, memory_order_relaxed));
	return true;
}

static void *worker_thread(void *arg)
{
	struct worker *worker = arg;
	struct turbo *turbo = worker->turbo;
	struct gw_idle idle = {.policy = turbo->gw->config->gateway->idle};
	uint64_t ticket;

	while (!atomic_load_explicit(&turbo->stop, memory_order_relaxed)) {
		bool drawn = draw_ticket(turbo, &ticket);

		if (drawn) {
			struct slot *slot = &turbo->ring[ticket & turbo->mask];

			decode(worker, slot->frame);
			atomic_store_explicit(&slot->done, true, memory_order_release);
		}
		gw_idle_after(&idle, drawn);
	}
	return NULL;
}

static int start_worker(struct turbo *turbo, uint32_t index, uint32_t max_width)
{
	struct worker *worker = &turbo->workers[index];
	char name[16];

	worker->turbo = turbo;
	int status = turbo_picture_open(&worker->picture, max_width);
	if (status == 0)
		status = -pthread_create(&worker->thread, NULL, worker_thread, worker);
	if (status != 0)
		return status;
	worker->running = true;
	snprintf(name, sizeof(name), "decode-%u", index % 1000);
	pthread_setname_np(worker->thread, name);
	return 0;
}

static int turbo_open(struct decoder *decoder, struct gw_error *error)
{
	const struct gw_decode_config *config = decoder->gw->config->decode;
	uint32_t workers = config->workers ? config->workers : 1;
	struct turbo *turbo = aligned_alloc(CACHE_LINE, sizeof(*turbo));

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
	turbo->mask = 1;
	while (turbo->mask < decoder->depth)
		turbo->mask <<= 1;
	turbo->ring = aligned_alloc(CACHE_LINE, turbo->mask * sizeof(struct slot));
	turbo->mask--;
	turbo->workers = calloc(workers, sizeof(struct worker));
	if (!turbo->ring || !turbo->workers)
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
	struct turbo *turbo = decoder->state;
	uint64_t at = atomic_load_explicit(&turbo->submitted, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++) {
		struct slot *slot = &turbo->ring[(at + i) & turbo->mask];

		slot->frame = frames[i];
		atomic_store_explicit(&slot->done, false, memory_order_relaxed);
	}
	atomic_store_explicit(&turbo->submitted, at + count, memory_order_release);
}

static uint32_t turbo_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	struct turbo *turbo = decoder->state;
	uint64_t submitted = atomic_load_explicit(&turbo->submitted, memory_order_relaxed);
	uint32_t n = 0;

	while (n < count && turbo->returned != submitted) {
		struct slot *slot = &turbo->ring[turbo->returned & turbo->mask];

		if (!atomic_load_explicit(&slot->done, memory_order_acquire))
			break;
		frames[n++] = slot->frame;
		turbo->returned++;
	}
	return n;
}

static void turbo_close(struct decoder *decoder)
{
	struct turbo *turbo = decoder->state;

	if (!turbo)
		return;
	atomic_store_explicit(&turbo->stop, true, memory_order_relaxed);
	for (uint32_t i = 0; i < turbo->worker_count; i++) {
		if (turbo->workers[i].running)
			pthread_join(turbo->workers[i].thread, NULL);
		turbo_picture_close(&turbo->workers[i].picture);
	}
	free(turbo->workers);
	free(turbo->ring);
	free(turbo);
}

const struct decoder_ops decoder_turbo = {
	.name = "turbo",
	.out_mem = GW_MEM_HOST,
	.open = turbo_open,
	.submit = turbo_submit,
	.poll = turbo_poll,
	.close = turbo_close,
};
