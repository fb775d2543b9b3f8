/* A worker of the nvJPEG back-end: what it does with the frames that it draws. */
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/idle.h"
#include "core/pool.h"
#include "core/thread.h"
#include "decode/nvjpeg_decoder.h"

/* For each picture of a batch: one of 1920x1080 with chroma of half the size, and 256 KB of JPEG. A
 * picture that is larger than all of it is the processor's. */
#define ROOM (13u << 18)
#define DATA_ROOM (1u << 18)
#define DATA_LEAST GW_JPEG_LARGEST

static void end_frame(struct nvjpeg_worker *worker, struct gw_frame *frame, int status)
{
	if (status == 0)
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	else
		gw_frame_fail(
			frame, status == -EMSGSIZE ? GW_DROP_JPEG_LIMIT : GW_DROP_DECODE_FAILED);
	decode_queue_done(&worker->decoder->queue, frame);
}

static void decode_here(
	struct nvjpeg_worker *worker, struct gw_frame *frame, struct gw_counter *counter)
{
	const struct gw_want want = gw_frame_want(frame);

	gw_counter_add(counter, 1);
	end_frame(worker, frame, turbo_picture_decode(&worker->picture, &want, frame));
}

/* `count` pictures of the batch that the GPU has made. */
static void give(struct nvjpeg_worker *worker, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		gw_counter_add(&worker->copied, nvjpeg_pictures_take(worker, i));
		end_frame(worker, worker->frames[i], 0);
	}
	gw_counter_add(&worker->decoded, count);
	rescue_works(&worker->rescue, worker->decoder->program.device.name);
}

/* nvJPEG refuses some picture of the batch: which, it says when it gets each alone. Those are the
 * processor's, which knows what is corrupt. */
static int run_alone(struct nvjpeg_worker *worker, uint32_t *done, struct gw_error *error)
{
	const uint32_t count = nvjpeg_batch_count(worker->batch);

	for (; *done < count; ++*done) {
		const int status = nvjpeg_batch_run(worker->batch, *done, 1, error);

		if (status == 0)
			give(worker, *done, 1);
		else if (status == -EBADMSG)
			decode_here(worker, worker->frames[*done], &worker->unfit);
		else
			return status;
	}
	return 0;
}

static void run_batch(struct nvjpeg_worker *worker)
{
	const uint32_t count = nvjpeg_batch_count(worker->batch);
	const int64_t begin = gw_now();
	struct gw_error error;
	uint32_t done = 0;
	int status = nvjpeg_batch_run(worker->batch, 0, count, &error);
	const int64_t end = gw_now();

	gw_counter_add(&worker->batches, 1);
	if (status == 0) {
		nvjpeg_share_note(&worker->decoder->share, worker->kind, count, end - begin, end);
		give(worker, 0, count);
		done = count;
	} else if (status == -EBADMSG) {
		status = run_alone(worker, &done, &error);
	}
	if (status != 0)
		rescue_failed(&worker->rescue, &error);
	for (; done < count; done++)
		decode_here(worker, worker->frames[done], &worker->rescue.rescued);
	nvjpeg_batch_reset(worker->batch);
}

/* One frame that was drawn. False: it needs a batch of its own. */
static bool take(struct nvjpeg_worker *worker, struct gw_frame *frame)
{
	frame->stamp[GW_STAMP_DECODE] = gw_now();
	if (rescue_pauses(&worker->rescue, frame->stamp[GW_STAMP_DECODE])) {
		decode_here(worker, frame, &worker->rescue.rescued);
		return true;
	}
	const int status = nvjpeg_pictures_add(worker, frame);

	if (status == -ENOBUFS)
		return false;
	if (status == -ENOTSUP)
		decode_here(worker, frame, &worker->unfit);
	else if (status != 0)
		end_frame(worker, frame, status);
	return true;
}

/* As many as wait, up to a batch. Returns whether there was any. */
static bool work(struct nvjpeg_worker *worker)
{
	struct nvjpeg_decoder *nvjpeg = worker->decoder;
	const uint32_t most = nvjpeg_batch_most(worker->kind);
	struct gw_frame *frame;

	if (!nvjpeg_share_takes(
		    &nvjpeg->share, worker->kind, decode_queue_waiting(&nvjpeg->queue), gw_now()))
		return false;
	frame = decode_queue_draw(&nvjpeg->queue);
	if (!frame)
		return false;
	while (frame) {
		if (!take(worker, frame)) {
			run_batch(worker);
			continue;
		}
		frame = nvjpeg_batch_count(worker->batch) < most ? decode_queue_draw(&nvjpeg->queue)
								 : NULL;
	}
	if (nvjpeg_batch_count(worker->batch) > 0)
		run_batch(worker);
	return true;
}

static void *worker_thread(void *arg)
{
	struct nvjpeg_worker *worker = arg;
	struct nvjpeg_decoder *nvjpeg = worker->decoder;
	/* What this kind of worker may take depends on the time, too. */
	struct gw_idle idle = {.policy = nvjpeg->gw->config->gateway->idle,
		.bell = &nvjpeg->queue.came,
		.clocked = true};
	struct gw_error error;

	if (cuda_program_enter(&nvjpeg->program, &error) != 0)
		rescue_failed(&worker->rescue, &error);
	while (!atomic_load_explicit(&nvjpeg->stop, memory_order_relaxed))
		gw_idle_after(&idle, work(worker));
	gw_idle_end(&idle);
	return NULL;
}

int nvjpeg_worker_start(struct nvjpeg_decoder *nvjpeg, uint32_t index, enum nvjpeg_kind kind,
	struct gw_error *error)
{
	struct nvjpeg_worker *worker = &nvjpeg->workers[index];
	const uint32_t most = nvjpeg_batch_most(kind);
	const struct nvjpeg_batch_options options = {.program = &nvjpeg->program,
		.api = &nvjpeg->api,
		.engines = kind == NVJPEG_ENGINES,
		.most = most,
		.room = most * ROOM,
		.data_room = most * DATA_ROOM + DATA_LEAST,
		.host = true};
	char name[16];

	worker->decoder = nvjpeg;
	worker->kind = kind;
	worker->batch = nvjpeg_batch_create(&options, error);
	if (!worker->batch)
		return -errno;
	int status = nvjpeg_trial(worker->batch, nvjpeg->program.device.name, error);

	/* Engines that refuse the commonest kind of picture are as good as none. */
	if (status == -EBADMSG && kind == NVJPEG_ENGINES)
		status = -ENOTSUP;
	/* The caller may start it once more, with SMs. */
	if (status != 0 && nvjpeg_batch_destroy(worker->batch))
		worker->batch = NULL;
	if (status != 0)
		return status;
	snprintf(name, sizeof(name), "decode-%u", index % 1000);
	status = turbo_picture_open(&worker->picture, nvjpeg->gw->config->decode->max_width);
	if (status == 0)
		status = gw_thread_start(&worker->thread, name, -1, worker_thread, worker);
	worker->running = status == 0;
	return status == 0 ? 0
			   : gw_error_set(error, status, "decode: worker %u cannot start: %s",
				     index, strerror(-status));
}
