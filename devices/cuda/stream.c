#include "devices/cuda/stream.h"

#include <errno.h>
#include <time.h>

#include "core/clock.h"

/* Threads of a block: along the first dimension, so that neighbours read neighbours. */
#define BLOCK 64u

#define PATIENCE_NS (5 * GW_NS_PER_S)

/* A GPU that has failed does not call back: it is asked so often. */
#define LOOK_NS (GW_NS_PER_S / 50)

int cuda_stream_open(
	struct cuda_stream *stream, const struct cuda_program *program, struct gw_error *error)
{
	*stream = (struct cuda_stream){.program = program, .patience_ns = PATIENCE_NS};
	stream->done_open = sem_init(&stream->done, 0, 0) == 0;
	const CUresult code = program->api->cuStreamCreate(&stream->stream, CU_STREAM_NON_BLOCKING);

	if (code == CUDA_SUCCESS)
		return 0;
	stream->stream = NULL;
	return cuda_program_fail(program, "no stream", code, error);
}

void cuda_stream_close(struct cuda_stream *stream)
{
	if (stream->given_up)
		return;
	if (stream->stream)
		stream->program->api->cuStreamDestroy(stream->stream);
	if (stream->done_open)
		sem_destroy(&stream->done);
	*stream = (struct cuda_stream){0};
}

int cuda_stream_start(struct cuda_stream *stream, CUfunction kernel, const uint32_t items[3],
	void **arguments, struct gw_error *error)
{
	const CUresult code =
		stream->program->api->cuLaunchKernel(kernel, (items[0] + BLOCK - 1) / BLOCK,
			items[1], items[2], BLOCK, 1, 1, 0, stream->stream, arguments, NULL);

	return code == CUDA_SUCCESS
		? 0
		: cuda_program_fail(stream->program, "a kernel does not start", code, error);
}

int cuda_stream_up(struct cuda_stream *stream, CUdeviceptr to, const void *from, size_t size,
	struct gw_error *error)
{
	const CUresult code =
		stream->program->api->cuMemcpyHtoDAsync(to, from, size, stream->stream);

	return code == CUDA_SUCCESS
		? 0
		: cuda_program_fail(stream->program, "a copy to it fails", code, error);
}

int cuda_stream_down(
	struct cuda_stream *stream, void *to, CUdeviceptr from, size_t size, struct gw_error *error)
{
	const CUresult code =
		stream->program->api->cuMemcpyDtoHAsync(to, from, size, stream->stream);

	return code == CUDA_SUCCESS
		? 0
		: cuda_program_fail(stream->program, "a copy from it fails", code, error);
}

static void CUDA_CB ended(void *arg)
{
	sem_post(&((struct cuda_stream *)arg)->done);
}

static bool wait_until(sem_t *done, int64_t until)
{
	const struct timespec deadline = {until / GW_NS_PER_S, until % GW_NS_PER_S};

	while (sem_clockwait(done, CLOCK_MONOTONIC, &deadline) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

static int give_up(struct cuda_stream *stream, struct gw_error *error)
{
	stream->given_up = true;
	return gw_error_set(error, -ETIMEDOUT,
		"CUDA: %s does not answer: it is given up; start the gateway again when it works",
		stream->program->device.name);
}

int cuda_stream_wait(struct cuda_stream *stream, struct gw_error *error)
{
	const struct cuda_api *api = stream->program->api;

	if (stream->given_up)
		return give_up(stream, error);
	const int64_t until = gw_now() + stream->patience_ns;

	/* What was posted too late for the one who waited then. */
	while (sem_trywait(&stream->done) == 0)
		continue;
	CUresult code = api->cuLaunchHostFunc(stream->stream, ended, stream);

	if (code != CUDA_SUCCESS)
		return cuda_program_fail(stream->program, "its work failed", code, error);
	for (int64_t now = gw_now(); now < until; now = gw_now()) {
		if (wait_until(&stream->done, now + LOOK_NS < until ? now + LOOK_NS : until))
			return 0;
		code = api->cuStreamQuery(stream->stream);
		if (code != CUDA_SUCCESS && code != CUDA_ERROR_NOT_READY)
			return cuda_program_fail(stream->program, "its work failed", code, error);
	}
	return give_up(stream, error);
}
