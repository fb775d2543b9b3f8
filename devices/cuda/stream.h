/* Work that a GPU does in the order in which it was given, and the memory that it takes. One thread
 * at a time; each has a stream of its own, and their work overlaps.
 */
#pragma once

#if HAVE_CUDA

#include <semaphore.h>
#include <stdint.h>

#include "devices/cuda/program.h"

struct cuda_stream {
	const struct cuda_program *program;
	CUstream stream;
	sem_t done; /* posted by the driver's thread when all work has ended */
	bool done_open;
	bool given_up; /* the GPU did not answer: it has its memory, for ever */
	int64_t patience_ns; /* how long the GPU may take */
};

/* The thread must have entered the program, here and below. 0, or a negative errno with an error
 * line; cuda_stream_close() follows a failure too. */
int cuda_stream_open(
	struct cuda_stream *stream, const struct cuda_program *program, struct gw_error *error);

/* Accepts one that did not open (all zero), and one that was given up, which it leaves alone. */
void cuda_stream_close(struct cuda_stream *stream);

/* Starts a kernel for so many work items along each dimension, more in the first one: kernels look
 * at the end themselves. 0 or -EIO with an error line. */
int cuda_stream_start(struct cuda_stream *stream, CUfunction kernel, const uint32_t items[3],
	void **arguments, struct gw_error *error);

/* Copies. Memory of the host's should be pinned (cuMemAllocHost): else the driver waits. As above.
 */
int cuda_stream_up(struct cuda_stream *stream, CUdeviceptr to, const void *from, size_t size,
	struct gw_error *error);
int cuda_stream_down(struct cuda_stream *stream, void *to, CUdeviceptr from, size_t size,
	struct gw_error *error);

/* Waits until all that was given has ended. 0; -EIO when some of it failed; -ETIMEDOUT when the GPU
 * was given up: from then on always. An error line says why. */
int cuda_stream_wait(struct cuda_stream *stream, struct gw_error *error);

#endif
