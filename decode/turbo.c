/* libjpeg-turbo on worker threads: the reference for all other back-ends.
 *
 * Frames stand in a ring, which the stage's thread fills; workers draw tickets, each ticket one
 * frame. What is done goes back on a stack, which the stage's thread takes as a whole: a picture
 * that takes long holds up no other.
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
#include "core/thread.h"
#include "decode/decoder.h"
#include "decode/turbo_picture.h"

#define CACHE_LINE 64
#define MAX_WORKERS 256u

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
	struct gw_frame *returned; /* taken from `done`, oldest first; the stage's thread only */
	/* Frames that workers have begun. */
	_Alignas(CACHE_LINE) _Atomic uint64_t ticket;
	/* Frames that workers have finished, by turn_next, newest first. */
	_Alignas(CACHE_LINE) _Atomic(struct gw_frame *) done;
	_Alignas(CACHE_LINE) _Atomic bool stop; /* main writes, workers read */
	_Atomic(struct gw_frame *) *ring;
	uint64_t mask;
	struct worker *workers;
	uint32_t worker_count;
};

/* What a worker does with one frame. */
static void decode(struct worker *worker, struct gw_frame *frame)
{
	const struct gw_want want = gw_frame_want(frame);

	frame->stamp[GW_STAMP_DECODE] = gw_now();
	int status = turbo_picture_decode(&worker->picture, &want, frame);
	if (status == 0)
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	else
		gw_frame_fail(
			frame, status == -EMSGSIZE ? GW_DROP_JPEG_LIMIT : GW_DROP_DECODE_FAILED);
}

/* Draws the next frame; NULL when there is none. The ring's place may be filled again as soon as
 * its ticket is drawn, so it is read before. */
static struct gw_frame *draw(struct turbo *turbo)
{
	uint64_t ticket = atomic_load_explicit(&turbo->ticket, memory_order_relaxed);
	struct gw_frame *frame;

	do {
		/* What was read of `submitted` may be older than the ticket. */
		if (ticket >= atomic_load_explicit(&turbo->submitted, memory_order_acquire))
			return NULL;
		frame = atomic_load_explicit(
			&turbo->ring[ticket & turbo->mask], memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&turbo->ticket, &ticket, ticket + 1, memory_order_relaxed, memory_order_relaxed));
	return frame;
}

static void put_done(struct turbo *turbo, struct gw_frame *frame)
{
	struct gw_frame *top = atomic_load_explicit(&turbo->done, memory_order_relaxed);

	do {
		frame->turn_next = top;
	} while (!atomic_compare_exchange_weak_explicit(
		&turbo->done, &top, frame, memory_order_release, memory_order_relaxed));
}

static void *worker_thread(void *arg)
{
	struct worker *worker = arg;
	struct turbo *turbo = worker->turbo;
	struct gw_idle idle = {.policy = turbo->gw->config->gateway->idle};

	while (!atomic_load_explicit(&turbo->stop, memory_order_relaxed)) {
		struct gw_frame *frame = draw(turbo);

		if (frame) {
			decode(worker, frame);
			put_done(turbo, frame);
		}
		gw_idle_after(&idle, frame != NULL);
	}
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
	turbo->ring = calloc(turbo->mask, sizeof(turbo->ring[0]));
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

	for (uint32_t i = 0; i < count; i++)
		atomic_store_explicit(
			&turbo->ring[(at + i) & turbo->mask], frames[i], memory_order_relaxed);
	atomic_store_explicit(&turbo->submitted, at + count, memory_order_release);
}

/* Takes all that is done; the oldest comes first. */
static struct gw_frame *take_done(struct turbo *turbo)
{
	struct gw_frame *newest = NULL, *oldest = NULL;

	if (atomic_load_explicit(&turbo->done, memory_order_relaxed))
		newest = atomic_exchange_explicit(&turbo->done, NULL, memory_order_acquire);
	while (newest) {
		struct gw_frame *next = newest->turn_next;

		newest->turn_next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static uint32_t turbo_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	struct turbo *turbo = decoder->state;
	uint32_t n = 0;

	if (!turbo->returned)
		turbo->returned = take_done(turbo);
	for (; n < count && turbo->returned; n++) {
		frames[n] = turbo->returned;
		turbo->returned = frames[n]->turn_next;
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
	free((void *)turbo->ring);
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
