/* Pictures made by an OpenCL device: workers read their coefficients, as libjpeg's entropy decoder
 * has them, and give them to the device a few at a time; each has a queue of its own, so that the
 * device works on one's while another reads. What comes of it is what the turbo back-end makes,
 * whole pictures to the bit, and is copied to surfaces of the host's memory.
 *
 * What the device cannot make, or not any more, the worker makes as the turbo back-end does.
 */
#include "decode/opencl.h"

#if HAVE_OPENCL

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "accel/kernels/source.h"
#include "core/clock.h"
#include "core/health.h"
#include "core/idle.h"
#include "core/log.h"
#include "core/thread.h"

#define MAX_WORKERS 16u

/* Of one batch: a picture of 11 megapixels with chroma of half the size, or of 5 as packed RGB.
 * Larger ones are the processor's. */
#define ROOM_BLOCKS (256u << 10)
#define ROOM_SAMPLES (16u << 20)
#define ROOM_PIXELS (16u << 20)

#define PAUSE_NS GW_NS_PER_S
#define PAUSE_MOST_NS (60 * GW_NS_PER_S)

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

static void device_failed(struct opencl_worker *worker, const struct gw_error *error)
{
	if (!gw_counter_get(&worker->failing))
		gw_warn("decode", "%s; the processor decodes meanwhile", error->text);
	gw_counter_set(&worker->failing, 1);
	worker->pause_ns = worker->pause_ns == 0 ? PAUSE_NS : 2 * worker->pause_ns;
	if (worker->pause_ns > PAUSE_MOST_NS)
		worker->pause_ns = PAUSE_MOST_NS;
	worker->retry_at = gw_now() + worker->pause_ns;
}

static void device_works(struct opencl_worker *worker)
{
	if (!gw_counter_get(&worker->failing))
		return;
	gw_counter_set(&worker->failing, 0);
	worker->pause_ns = worker->retry_at = 0;
	gw_info("decode", "OpenCL: %s works again", worker->decoder->program.device.name);
}

static void run_batch(struct opencl_worker *worker)
{
	struct gw_error error;
	const int status = opencl_pictures_run(worker, &error);

	if (status == 0)
		device_works(worker);
	else
		device_failed(worker, &error);
	for (uint32_t i = 0; i < worker->count; i++) {
		if (status == 0) {
			end_frame(worker, worker->pictures[i].frame, 0);
			continue;
		}
		gw_counter_add(&worker->rescued, 1);
		decode_here(worker, worker->pictures[i].frame);
	}
	worker->count = 0;
	opencl_batch_reset(worker->batch);
}

/* One frame that was drawn. False: it needs a batch of its own. */
static bool take(struct opencl_worker *worker, struct gw_frame *frame)
{
	frame->stamp[GW_STAMP_DECODE] = gw_now();
	if (worker->retry_at > frame->stamp[GW_STAMP_DECODE]) {
		gw_counter_add(&worker->rescued, 1);
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
	struct gw_idle idle = {.policy = opencl->gw->config->gateway->idle};

	while (!atomic_load_explicit(&opencl->stop, memory_order_relaxed))
		gw_idle_after(&idle, work(worker));
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

static int start_worker(struct opencl_decoder *opencl, uint32_t index, struct gw_error *error)
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

static int open_device(struct opencl_decoder *opencl, struct gw_error *error)
{
	struct opencl_device device;
	int status = opencl_library_open(&opencl->api, error);

	if (status == 0)
		status = opencl_device_find(
			&opencl->api, opencl->gw->config->decode->device, &device, error);
	if (status == 0)
		status = opencl_program_open(&opencl->program, &opencl->api, &device,
			(const char *)kernels_opencl, kernels_opencl_size, error);
	if (status != 0)
		gw_error_prefix(error, "decode.backend: ");
	return status;
}

static int opencl_open(struct decoder *decoder, struct gw_device *device, struct gw_error *error)
{
	const struct gw_decode_config *config = decoder->gw->config->decode;
	const uint32_t workers = config->workers ? config->workers : 1;

	if (workers > MAX_WORKERS)
		return gw_error_set(error, -EINVAL,
			"decode: %u workers are too many: with backend opencl, `workers` may be 1 "
			"to %u",
			workers, MAX_WORKERS);
	struct opencl_decoder *opencl = aligned_alloc(DECODE_CACHE_LINE, sizeof(*opencl));

	if (!opencl)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	memset(opencl, 0, sizeof(*opencl));
	decoder->state = opencl;
	/* Each worker has a batch in hand and one to go on with. */
	decoder->depth = 2 * OPENCL_BATCH * workers;
	opencl->gw = decoder->gw;
	opencl->workers = calloc(workers, sizeof(opencl->workers[0]));
	if (decode_queue_open(&opencl->queue, decoder->depth) != 0 || !opencl->workers)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	opencl->worker_count = workers;
	int status = open_device(opencl, error);

	for (uint32_t i = 0; status == 0 && i < workers; i++)
		status = start_worker(opencl, i, error);
	return status;
}

static void opencl_submit(struct decoder *decoder, struct gw_frame *const *frames, uint32_t count)
{
	decode_queue_submit(&((struct opencl_decoder *)decoder->state)->queue, frames, count);
}

static uint32_t opencl_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	return decode_queue_poll(&((struct opencl_decoder *)decoder->state)->queue, frames, count);
}

static uint64_t sum(const struct opencl_decoder *opencl, size_t counter)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < opencl->worker_count; i++)
		total += gw_counter_get(
			(const struct gw_counter *)((const char *)&opencl->workers[i] + counter));
	return total;
}
#define SUM(member) (json_int_t) sum(opencl, offsetof(struct opencl_worker, member))

/* One object for each lane. */
static void opencl_describe(const struct decoder *decoder, json_t *facts)
{
	const struct opencl_decoder *opencl = decoder->state;
	json_t *lanes = json_object_get(facts, "opencl");

	if (!lanes) {
		lanes = json_array();
		json_object_set_new(facts, "opencl", lanes);
	}
	json_array_append_new(lanes,
		json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "device",
			opencl->program.device.name, "well", SUM(failing) == 0, "batches",
			SUM(batches), "decoded", SUM(decoded), "copied_bytes", SUM(copied), "unfit",
			SUM(unfit), "rescued", SUM(rescued)));
}

static void opencl_health(const struct decoder *decoder, struct gw_health *health)
{
	const struct opencl_decoder *opencl = decoder->state;

	if (SUM(failing) > 0)
		gw_health_add(health, GW_DEGRADED, "decode.%s.failed", "opencl",
			"%s fails: the processor decodes meanwhile (%lld pictures so far): see the "
			"log, and its driver's",
			opencl->program.device.name, (long long)SUM(rescued));
}

/* Those whose device was given up: it has what it was given, for ever. Main thread. */
static struct opencl_decoder *left_behind;

static void opencl_close(struct decoder *decoder)
{
	struct opencl_decoder *opencl = decoder->state;
	bool all_back = true;

	if (!opencl)
		return;
	atomic_store_explicit(&opencl->stop, true, memory_order_relaxed);
	for (uint32_t i = 0; opencl->workers && i < opencl->worker_count; i++) {
		struct opencl_worker *worker = &opencl->workers[i];

		if (worker->running)
			pthread_join(worker->thread, NULL);
		all_back &= opencl_batch_destroy(worker->batch);
		turbo_picture_close(&worker->picture);
	}
	decode_queue_close(&opencl->queue);
	if (!all_back) {
		opencl->next_left = left_behind;
		left_behind = opencl;
		return;
	}
	opencl_program_close(&opencl->program);
	free(opencl->workers);
	free(opencl);
}

const struct decoder_ops decoder_opencl = {
	.name = "opencl",
	.memory = GW_MEM_HOST,
	.open = opencl_open,
	.submit = opencl_submit,
	.poll = opencl_poll,
	.describe = opencl_describe,
	.health = opencl_health,
	.close = opencl_close,
};

#endif
