/* Pictures made by an OpenCL device: workers read their coefficients, as libjpeg's entropy decoder
 * has them, and give them to the device a few at a time; each has a queue of its own, so that the
 * device works on one's while another reads. What comes of it is what the turbo back-end makes,
 * whole pictures to the bit. It stays on the device where models read it there (opencl_surfaces.c),
 * else it is copied to surfaces of the host's memory.
 *
 * What the device cannot make, or not any more, the worker makes as the turbo back-end does.
 */
#include "decode/opencl.h"

#if HAVE_OPENCL

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/health.h"
#include "core/log.h"
#include "devices/kernels/source.h"

#define MAX_WORKERS 16u

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
	opencl->queue.alike = true;
	if (decode_queue_open(&opencl->queue, decoder->depth, decoder->bell) != 0 ||
		!opencl->workers)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	opencl->worker_count = workers;
	int status = open_device(opencl, error);

	if (status == 0 && decoder->gw->pictures == GW_MEM_OPENCL)
		status = opencl_surfaces_open(
			&opencl->surfaces, &opencl->program, opencl->gw, error);
	for (uint32_t i = 0; status == 0 && i < workers; i++)
		status = opencl_worker_start(opencl, i, error);
	if (status == 0)
		gw_info("decode", "OpenCL: %s decodes; pictures %s", opencl->program.device.name,
			opencl->surfaces.there
				? "stay there for the models"
				: "are copied to the host's memory, where models read them");
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
	const struct opencl_surfaces *surfaces = &opencl->surfaces;
	json_t *lanes = json_object_get(facts, "opencl");

	if (!lanes) {
		lanes = json_array();
		json_object_set_new(facts, "opencl", lanes);
	}
	json_array_append_new(lanes,
		json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "device",
			opencl->program.device.name, "well", SUM(rescue.failing) == 0, "batches",
			SUM(batches), "decoded", SUM(decoded), "copied_bytes",
			SUM(copied) + (json_int_t)gw_counter_get(&surfaces->copied), "unfit",
			SUM(unfit), "rescued",
			SUM(rescue.rescued) + (json_int_t)gw_counter_get(&surfaces->rescued),
			"stayed", SUM(stayed), "crowded", SUM(crowded), "device_bytes",
			(json_int_t)(surfaces->there ? gw_surface_pool_touched(surfaces->there)
						     : 0)));
}

static void opencl_health(const struct decoder *decoder, struct gw_health *health)
{
	const struct opencl_decoder *opencl = decoder->state;

	if (SUM(rescue.failing) > 0)
		gw_health_add(health, GW_DEGRADED, "decode.%s.failed", "opencl",
			"%s fails: the processor decodes meanwhile (%lld pictures so far): see the "
			"log, and its driver's",
			opencl->program.device.name, (long long)SUM(rescue.rescued));
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
	gw_bell_ring(&opencl->queue.came);
	for (uint32_t i = 0; opencl->workers && i < opencl->worker_count; i++) {
		struct opencl_worker *worker = &opencl->workers[i];

		if (worker->running)
			pthread_join(worker->thread, NULL);
		all_back &= opencl_batch_destroy(worker->batch);
		turbo_picture_close(&worker->picture);
	}
	decode_queue_close(&opencl->queue);
	if (!all_back || opencl->surfaces.given_up) {
		opencl->next_left = left_behind;
		left_behind = opencl;
		return;
	}
	opencl_surfaces_close(&opencl->surfaces);
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
