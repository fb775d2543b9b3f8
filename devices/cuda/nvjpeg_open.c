/* What a batch has of the GPU: nvJPEG, memory, a stream. */
#include <errno.h>
#include <stdlib.h>

#include "core/thread.h"
#include "devices/cuda/nvjpeg_batch_own.h"

int nvjpeg_batch_fail(const struct nvjpeg_batch *batch, const char *what, nvjpegStatus_t status,
	struct gw_error *error)
{
	int code = -EIO;

	if (status == NVJPEG_STATUS_BAD_JPEG || status == NVJPEG_STATUS_JPEG_NOT_SUPPORTED ||
		status == NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED ||
		status == NVJPEG_STATUS_INCOMPLETE_BITSTREAM)
		code = -EBADMSG;
	else if (status == NVJPEG_STATUS_ALLOCATOR_FAILURE)
		code = -ENOMEM;
	else if (status == NVJPEG_STATUS_ARCH_MISMATCH)
		code = -ENOTSUP;
	return gw_error_set(error, code, "nvJPEG: %s: %s: %s", batch->options.program->device.name,
		what, nvjpeg_status_name(status));
}

static int reserve(struct nvjpeg_batch *batch, struct gw_error *error)
{
	const struct nvjpeg_batch_options *options = &batch->options;
	const struct cuda_api *api = options->program->api;
	const size_t jobs = (size_t)options->most * NVJPEG_PLANES * sizeof(struct shrink_job);
	CUresult code = api->cuMemAlloc(&batch->whole, options->room);

	if (code == CUDA_SUCCESS)
		code = api->cuMemAlloc(&batch->job, jobs);
	if (code == CUDA_SUCCESS)
		code = api->cuMemAllocHost((void **)&batch->host_job, jobs);
	if (code == CUDA_SUCCESS)
		code = api->cuMemAllocHost((void **)&batch->host_data, options->data_room);
	if (code == CUDA_SUCCESS && options->host)
		code = api->cuMemAlloc(&batch->own, options->room);
	if (code == CUDA_SUCCESS && options->host)
		code = api->cuMemAllocHost((void **)&batch->host_own, options->room);
	if (code != CUDA_SUCCESS)
		return cuda_program_fail(options->program, "no memory for pictures", code, error);
	batch->place = calloc(options->most, sizeof(batch->place[0]));
	batch->data = calloc(options->most, sizeof(batch->data[0]));
	batch->size = calloc(options->most, sizeof(batch->size[0]));
	batch->image = calloc(options->most, sizeof(batch->image[0]));
	return batch->place && batch->data && batch->size && batch->image
		? 0
		: gw_error_set(error, -ENOMEM, "nvJPEG: out of memory");
}

static int open_batch(struct nvjpeg_batch *batch, struct gw_error *error)
{
	const struct nvjpeg_batch_options *options = &batch->options;
	const nvjpegBackend_t backend =
		options->engines ? NVJPEG_BACKEND_HARDWARE : NVJPEG_BACKEND_GPU_HYBRID;
	nvjpegStatus_t status = options->api->nvjpegCreateEx(
		backend, NULL, NULL, NVJPEG_FLAGS_BITSTREAM_STRICT, &batch->handle);

	/* Not every kind need know how to be strict. */
	if (status == NVJPEG_STATUS_INVALID_PARAMETER)
		status = options->api->nvjpegCreateEx(
			backend, NULL, NULL, NVJPEG_FLAGS_DEFAULT, &batch->handle);
	if (status != NVJPEG_STATUS_SUCCESS) {
		batch->handle = NULL;
		return nvjpeg_batch_fail(batch, "it does not start", status, error);
	}
	status = options->api->nvjpegJpegStateCreate(batch->handle, &batch->state);
	if (status != NVJPEG_STATUS_SUCCESS) {
		batch->state = NULL;
		return nvjpeg_batch_fail(batch, "it does not start", status, error);
	}
	const int code = cuda_program_kernel(options->program, "shrink", &batch->shrink, error);

	return code == 0 ? cuda_stream_open(&batch->stream, options->program, error) : code;
}

static void free_batch(struct nvjpeg_batch *batch)
{
	const struct cuda_api *api = batch->options.program->api;
	const CUdeviceptr device[] = {batch->whole, batch->own, batch->job};
	void *const host[] = {batch->host_own, batch->host_data, batch->host_job};

	if (batch->state)
		batch->options.api->nvjpegJpegStateDestroy(batch->state);
	if (batch->handle)
		batch->options.api->nvjpegDestroy(batch->handle);
	for (int i = 0; i < 3; i++) {
		if (device[i])
			api->cuMemFree(device[i]);
		if (host[i])
			api->cuMemFreeHost(host[i]);
	}
	cuda_stream_close(&batch->stream);
	free(batch->place);
	free((void *)batch->data);
	free(batch->size);
	free(batch->image);
	free(batch);
}

struct nvjpeg_batch *nvjpeg_batch_create(
	const struct nvjpeg_batch_options *options, struct gw_error *error)
{
	struct nvjpeg_batch *batch = calloc(1, sizeof(*batch));
	struct gw_inherit before;

	if (!batch) {
		gw_error_set(error, -ENOMEM, "nvJPEG: out of memory");
		return NULL;
	}
	batch->options = *options;
	/* The library may start threads. */
	gw_inherit_begin(&before, NULL);
	int status = open_batch(batch, error);
	gw_inherit_end(&before);
	if (status == 0)
		status = reserve(batch, error);
	if (status == 0)
		return batch;
	free_batch(batch);
	errno = -status;
	return NULL;
}

struct cuda_stream *nvjpeg_batch_stream(struct nvjpeg_batch *batch)
{
	return &batch->stream;
}

uint32_t nvjpeg_batch_engines(const struct nvjpeg_batch *batch)
{
	unsigned int engines = 0, cores = 0;

	return batch->options.api->nvjpegGetHardwareDecoderInfo(batch->handle, &engines, &cores) ==
			NVJPEG_STATUS_SUCCESS
		? engines * cores
		: 0;
}

bool nvjpeg_batch_destroy(struct nvjpeg_batch *batch)
{
	if (!batch)
		return true;
	if (batch->stream.given_up)
		return false;
	free_batch(batch);
	return true;
}
