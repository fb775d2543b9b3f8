/* A worker of the OpenCL back-end: what it does with the frames that it draws. */
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/idle.h"
#include "core/thread.h"
#include "decode/opencl.h"

/* Of one batch: a picture of 11 megapixels with chroma of half the size, or of 5 as packed RGB.
 * Larger ones are the processor's. */
#define ROOM_BLOCKS (256u << 10)
#define ROOM_SAMPLES (16u << 20)
#define ROOM_PIXELS (16u << 20)

static void end_frame(struct opencl_worker *worker, struct gw_frame *frame, int status)
{
	if (status == 0)
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	else
		gw_frame_fail(
			frame, status == -EMSGSIZE ? GW_DROP_JPEG_LIMIT : GW_DROP_DECODE_FAILED);
	decode_queue_done(&worker->decoder->queue, frame);
}

static void decode_here(struct opencl_worker *worker, struct gw_frame *frame)
{
	const struct gw_want want = gw_frame_want(frame);

	end_frame(worker, frame, turbo_picture_decode(&worker->picture, &want, frame));
}

static void run_batch(struct opencl_worker *worker)
{
	struct gw_error error;
	const int status = opencl_pictures_run(worker, &error);

	if (status == 0)
		rescue_works(&worker->rescue, worker->decoder->program.device.name);
	else
		rescue_failed(&worker->rescue, &error);
	for (uint32_t i = 0; i < worker->count; i++) {
		if (status == 0) {
			end_frame(worker, worker->pictures[i].frame, 0);
			continue;
		}
		gw_counter_add(&worker->rescue.rescued, 1);
		decode_here(worker, worker->pictures[i].frame);
	}
	worker->count = 0;
	opencl_batch_reset(worker->batch);
}

/* One frame that was drawn. False: it needs a batch of its own. */
static bool take(struct opencl_worker *worker, struct gw_frame *frame)
{
	frame->stamp[GW_STAMP_DECODE] = gw_now();
	if (rescue_pauses(&worker->rescue, frame->stamp[GW_STAMP_DECODE])) {
		gw_counter_add(&worker->rescue.rescued, 1);
		decode_here(worker, frame);
		return true;
	}
	const int status = opencl_pictures_add(worker, frame);

	if (status == -ENOBUFS)
		return false;
	if (status == -ENOTSUP) {
		gw_counter_add(&worker->unfit, 1);
		decode_here(worker, frame);
	} else if (status != 0) {
		end_frame(worker, frame, status);
	}
	return true;
}

/* As many as wait, up to a batch. Returns whether there was any. */
static bool work(struct opencl_worker *worker)
{
	struct decode_queue *queue = &worker->decoder->queue;
	struct gw_frame *frame = decode_queue_draw(queue);

	if (!frame)
		return false;
	while (frame) {
		if (!take(worker, frame)) {
			run_batch(worker);
			continue;
		}
		frame = worker->count < OPENCL_BATCH ? decode_queue_draw(queue) : NULL;
	}
	if (worker->count > 0)
		run_batch(worker);
	return true;
}

static void *worker_thread(void *arg)
{
	struct opencl_worker *worker = arg;
	struct opencl_decoder *opencl = worker->decoder;
	struct gw_idle idle = {
		.policy = opencl->gw->config->gateway->idle, .bell = &opencl->queue.came};

	while (!atomic_load_explicit(&opencl->stop, memory_order_relaxed))
		gw_idle_after(&idle, work(worker));
	gw_idle_end(&idle);
	return NULL;
}

static uint32_t least(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

/* A grey block and a pixel of it: drivers compile a last time when a kernel first runs, and some
 * compile wrongly. */
static int try_batch(struct opencl_worker *worker, struct gw_error *error)
{
	struct opencl_batch *batch = worker->batch;

	memset(batch->block, 0, 64 * sizeof(batch->block[0]));
	batch->block[0] = 8 * 72;
	for (int i = 0; i < 64; i++)
		batch->table[i] = 1;
	batch->plane[0] =
		(struct idct_job){.stride = 1, .across = 1, .down = 1, .pitch = 8, .side = 8};
	batch->picture[0] =
		(struct rgb_job){.width = 8, .height = 8, .pitch = {8}, .pixel_pitch = 24};
	batch->used = (struct opencl_room){
		.blocks = 1, .tables = 1, .planes = 1, .pictures = 1, .samples = 64, .pixels = 192};
	int status = opencl_batch_run(batch, error);

	for (int i = 0; status == 0 && i < 192; i++)
		if (batch->pixel[i] != 128 + 72)
			status = gw_error_set(error, -EIO,
				"OpenCL: %s makes wrong pictures: update its driver",
				worker->decoder->program.device.name);
	opencl_batch_reset(batch);
	return status;
}

int opencl_worker_start(struct opencl_decoder *opencl, uint32_t index, struct gw_error *error)
{
	struct opencl_worker *worker = &opencl->workers[index];
	const uint64_t largest = opencl->program.device.largest;
	const struct opencl_room room = {
		.blocks = least(largest / (64 * sizeof(int16_t)), ROOM_BLOCKS),
		.tables = OPENCL_BATCH * GW_PLANES,
		.planes = OPENCL_BATCH * GW_PLANES,
		.pictures = OPENCL_BATCH,
		.samples = least(largest, ROOM_SAMPLES),
		.pixels = least(largest, ROOM_PIXELS),
	};
	char name[16];

	worker->decoder = opencl;
	worker->batch = opencl_batch_create(&opencl->program, &room, error);
	if (!worker->batch)
		return -EIO;
	int status = try_batch(worker, error);

	if (status != 0)
		return status;
	snprintf(name, sizeof(name), "decode-%u", index % 1000);
	status = turbo_picture_open(&worker->picture, opencl->gw->config->decode->max_width);
	if (status == 0)
		status = gw_thread_start(&worker->thread, name, -1, worker_thread, worker);
	worker->running = status == 0;
	return status == 0 ? 0
			   : gw_error_set(error, status, "decode: worker %u cannot start: %s",
				     index, strerror(-status));
}
