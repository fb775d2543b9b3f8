/* Pictures made by nvJPEG on an NVIDIA GPU: workers give them to the chip's JPEG engines, where it
 * has them, and to its SMs, many at a time. What comes of it is scaled on the GPU to what the model
 * will see and is copied to surfaces of the host's memory.
 *
 * What nvJPEG does not decode, or not any more, the worker makes as the turbo back-end does.
 */
#include "decode/nvjpeg_decoder.h"

#if HAVE_CUDA

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/health.h"
#include "core/log.h"
#include "devices/kernels/binary.h"

#define MAX_WORKERS 16u

static int open_gpu(struct nvjpeg_decoder *nvjpeg, struct gw_error *error)
{
	struct cuda_device device;
	int status = cuda_library_open(&nvjpeg->cuda, error);

	if (status == 0)
		status = nvjpeg_library_open(&nvjpeg->api, error);
	if (status == 0)
		status = cuda_device_find(
			&nvjpeg->cuda, nvjpeg->gw->config->decode->device, &device, error);
	if (status == 0)
		status = cuda_program_open(
			&nvjpeg->program, &nvjpeg->cuda, &device, kernels_cuda, error);
	return status;
}

/* The first one has the engines, where the chip has any, then SMs and engines in turn. */
static int start_workers(struct nvjpeg_decoder *nvjpeg, struct gw_error *error)
{
	int status = nvjpeg_worker_start(nvjpeg, 0, NVJPEG_ENGINES, error);

	nvjpeg->share.engines = status == 0;
	if (status == 0)
		nvjpeg->engines = nvjpeg_batch_engines(nvjpeg->workers[0].batch);
	else if (status == -ENOTSUP)
		status = nvjpeg_worker_start(nvjpeg, 0, NVJPEG_SMS, error);
	for (uint32_t i = 1; status == 0 && i < nvjpeg->worker_count; i++)
		status = nvjpeg_worker_start(nvjpeg, i,
			nvjpeg->share.engines && i % 2 == 0 ? NVJPEG_ENGINES : NVJPEG_SMS, error);
	return status;
}

static int nvjpeg_open(struct decoder *decoder, struct gw_device *device, struct gw_error *error)
{
	const struct gw_decode_config *config = decoder->gw->config->decode;
	const uint32_t workers = config->workers ? config->workers : 1;

	if (workers > MAX_WORKERS)
		return gw_error_set(error, -EINVAL,
			"decode: %u workers are too many: with backend nvjpeg, `workers` may be 1 "
			"to %u",
			workers, MAX_WORKERS);
	struct nvjpeg_decoder *nvjpeg = aligned_alloc(DECODE_CACHE_LINE, sizeof(*nvjpeg));

	if (!nvjpeg)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	memset(nvjpeg, 0, sizeof(*nvjpeg));
	decoder->state = nvjpeg;
	nvjpeg->gw = decoder->gw;
	nvjpeg->workers = calloc(workers, sizeof(nvjpeg->workers[0]));
	if (decode_queue_open(&nvjpeg->queue, 2 * NVJPEG_BATCH_MOST * workers, decoder->bell) !=
			0 ||
		!nvjpeg->workers)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	nvjpeg->worker_count = workers;
	int status = open_gpu(nvjpeg, error);

	if (status == 0)
		status = start_workers(nvjpeg, error);
	if (status != 0) {
		gw_error_prefix(error, "decode.backend: ");
		return status;
	}
	/* Each worker has a batch in hand and one to go on with. */
	decoder->depth = 0;
	for (uint32_t i = 0; i < workers; i++)
		decoder->depth += 2 * nvjpeg_batch_most(nvjpeg->workers[i].kind);
	gw_info("decode",
		"nvJPEG: %s decodes%s; pictures are copied to the host's memory, where models "
		"read them",
		nvjpeg->program.device.name,
		nvjpeg->share.engines ? " with its JPEG engines" : " with its SMs");
	return 0;
}

static void nvjpeg_submit(struct decoder *decoder, struct gw_frame *const *frames, uint32_t count)
{
	decode_queue_submit(&((struct nvjpeg_decoder *)decoder->state)->queue, frames, count);
}

static uint32_t nvjpeg_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	return decode_queue_poll(&((struct nvjpeg_decoder *)decoder->state)->queue, frames, count);
}

/* Of workers of one kind, or of all of them with NVJPEG_KINDS. */
static json_int_t sum(const struct nvjpeg_decoder *nvjpeg, enum nvjpeg_kind kind, size_t counter)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < nvjpeg->worker_count; i++)
		if (kind == NVJPEG_KINDS || nvjpeg->workers[i].kind == kind)
			total += gw_counter_get(
				(const struct gw_counter *)((const char *)&nvjpeg->workers[i] +
					counter));
	return (json_int_t)total;
}
#define SUM(kind, member) sum(nvjpeg, kind, offsetof(struct nvjpeg_worker, member))

/* One object for each lane. */
static void nvjpeg_describe(const struct decoder *decoder, json_t *facts)
{
	const struct nvjpeg_decoder *nvjpeg = decoder->state;
	json_t *lanes = json_object_get(facts, "nvjpeg");

	if (!lanes) {
		lanes = json_array();
		json_object_set_new(facts, "nvjpeg", lanes);
	}
	json_array_append_new(lanes,
		json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "device",
			nvjpeg->program.device.name, "well", SUM(NVJPEG_KINDS, rescue.failing) == 0,
			"engines", (json_int_t)nvjpeg->engines, "batches",
			SUM(NVJPEG_KINDS, batches), "decoded_by_engines",
			SUM(NVJPEG_ENGINES, decoded), "decoded_by_sms", SUM(NVJPEG_SMS, decoded),
			"copied_bytes", SUM(NVJPEG_KINDS, copied), "unfit",
			SUM(NVJPEG_KINDS, unfit), "rescued", SUM(NVJPEG_KINDS, rescue.rescued)));
}

static void nvjpeg_health(const struct decoder *decoder, struct gw_health *health)
{
	const struct nvjpeg_decoder *nvjpeg = decoder->state;

	if (SUM(NVJPEG_KINDS, rescue.failing) > 0)
		gw_health_add(health, GW_DEGRADED, "decode.%s.failed", "nvjpeg",
			"%s fails: the processor decodes meanwhile (%lld pictures so far): see the "
			"log, and `nvidia-smi`",
			nvjpeg->program.device.name, (long long)SUM(NVJPEG_KINDS, rescue.rescued));
}

/* Those whose GPU was given up: it has what it was given, for ever. Main thread. */
static struct nvjpeg_decoder *left_behind;

static void nvjpeg_close(struct decoder *decoder)
{
	struct nvjpeg_decoder *nvjpeg = decoder->state;
	struct gw_error error;
	bool all_back = true;

	if (!nvjpeg)
		return;
	atomic_store_explicit(&nvjpeg->stop, true, memory_order_relaxed);
	gw_bell_ring(&nvjpeg->queue.came);
	for (uint32_t i = 0; nvjpeg->workers && i < nvjpeg->worker_count; i++)
		if (nvjpeg->workers[i].running)
			pthread_join(nvjpeg->workers[i].thread, NULL);
	if (nvjpeg->program.retained)
		(void)cuda_program_enter(&nvjpeg->program, &error);
	for (uint32_t i = 0; nvjpeg->workers && i < nvjpeg->worker_count; i++) {
		all_back &= nvjpeg_batch_destroy(nvjpeg->workers[i].batch);
		turbo_picture_close(&nvjpeg->workers[i].picture);
	}
	decode_queue_close(&nvjpeg->queue);
	if (!all_back) {
		nvjpeg->next_left = left_behind;
		left_behind = nvjpeg;
		return;
	}
	cuda_program_close(&nvjpeg->program);
	free(nvjpeg->workers);
	free(nvjpeg);
}

const struct decoder_ops decoder_nvjpeg = {
	.name = "nvjpeg",
	.memory = GW_MEM_HOST,
	.open = nvjpeg_open,
	.submit = nvjpeg_submit,
	.poll = nvjpeg_poll,
	.describe = nvjpeg_describe,
	.health = nvjpeg_health,
	.close = nvjpeg_close,
};

#endif
