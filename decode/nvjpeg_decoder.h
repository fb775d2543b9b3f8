/* The nvJPEG back-end from inside, for its own files and its tests. */
#pragma once

#if HAVE_CUDA

#include <pthread.h>

#include "core/counter.h"
#include "decode/decoder.h"
#include "decode/nvjpeg_share.h"
#include "decode/queue.h"
#include "decode/rescue.h"
#include "decode/turbo_picture.h"
#include "devices/cuda/nvjpeg_batch.h"

/* Pictures that a worker gives to the GPU together, at most. SMs read the Huffman code themselves
 * only of more than fifty at a time (nvjpeg.h, NVJPEG_BACKEND_GPU_HYBRID): of fewer the processor
 * does. */
#define NVJPEG_BATCH_ENGINES 16u
#define NVJPEG_BATCH_SMS 64u
#define NVJPEG_BATCH_MOST NVJPEG_BATCH_SMS

/* A thread that gives pictures to the GPU. */
struct nvjpeg_worker {
	struct nvjpeg_decoder *decoder;
	enum nvjpeg_kind kind;
	pthread_t thread;
	bool running;
	struct turbo_picture picture; /* reads headers, and makes what the GPU does not */
	struct nvjpeg_batch *batch;
	struct gw_frame *frames[NVJPEG_BATCH_MOST]; /* in the batch, in its order */
	struct rescue rescue;

	/* Written by the worker, read by any. */
	struct gw_counter batches;
	struct gw_counter decoded; /* pictures that the GPU made */
	struct gw_counter copied; /* bytes of pictures that were copied from the GPU */
	struct gw_counter unfit; /* pictures that the processor made: nvJPEG does not decode such */
};

static inline uint32_t nvjpeg_batch_most(enum nvjpeg_kind kind)
{
	return kind == NVJPEG_ENGINES ? NVJPEG_BATCH_ENGINES : NVJPEG_BATCH_SMS;
}

struct nvjpeg_decoder {
	struct decode_queue queue;
	const struct gw *gw;
	struct cuda_api cuda;
	struct nvjpeg_api api;
	struct cuda_program program;
	struct nvjpeg_share share;
	uint32_t engines; /* of the chip; 0: none, or nobody knows */
	_Atomic bool stop; /* main writes, workers read */
	struct nvjpeg_worker *workers;
	uint32_t worker_count;
	struct nvjpeg_decoder *next_left; /* of those whose GPU was given up */
};

/* Opens the worker's batch, on the chip's engines where `kind` says so, tries it, and starts the
 * thread. 0, or a negative errno with an error line: -ENOTSUP when the chip has no engines, or they
 * refuse the trial, after which it may be started again; nvjpeg_close() takes care of what is
 * there. Main thread. */
int nvjpeg_worker_start(struct nvjpeg_decoder *nvjpeg, uint32_t index, enum nvjpeg_kind kind,
	struct gw_error *error);

/* Lets the GPU make a known picture: 0, or a negative errno with an error line. */
int nvjpeg_trial(struct nvjpeg_batch *batch, const char *gpu, struct gw_error *error);

/* Tries the frame's picture for the batch: 0 when it is in, and its surface described; -ENOBUFS
 * when a batch that has others in it has no room left; another error when the GPU cannot make it:
 * -ENOTSUP, of another kind or too large; -EBADMSG, corrupt; -EMSGSIZE, its surface is too small.
 */
int nvjpeg_pictures_add(struct nvjpeg_worker *worker, struct gw_frame *frame);

/* Copies a picture that the batch has made to its surface. Returns its bytes. */
size_t nvjpeg_pictures_take(struct nvjpeg_worker *worker, uint32_t index);

#endif
