/* A batch from inside, for its own files. */
#pragma once

#if HAVE_CUDA

#include "devices/cuda/nvjpeg_batch.h"
#include "devices/kernels/jobs.h"

#define NVJPEG_ALIGNMENT 256u

/* One picture's place in the batch. */
struct nvjpeg_place {
	uint32_t own, bytes; /* in the batch's memory; 0 bytes: elsewhere */
	bool shrinks;
	uint32_t planes;
	uint32_t across, down; /* samples of the largest plane that comes out */
	CUdeviceptr out;
};

struct nvjpeg_batch {
	struct nvjpeg_batch_options options;
	struct cuda_stream stream;
	nvjpegHandle_t handle;
	nvjpegJpegState_t state;
	uint32_t prepared; /* pictures that the state is for */
	CUfunction shrink;
	CUdeviceptr whole, own, job; /* pictures before they are scaled, and after; jobs */
	uint8_t *host_own, *host_data; /* pinned */
	struct shrink_job *host_job; /* pinned: NVJPEG_PLANES for each picture */
	uint32_t count, whole_used, own_used, data_used;
	/* For each picture. */
	struct nvjpeg_place *place;
	const unsigned char **data;
	size_t *size;
	nvjpegImage_t *image;
};

/* An error line with the GPU's name and that of the status; returns -EBADMSG for what is said of
 * the pictures, -ENOMEM, -ENOTSUP where the chip has not got what is asked for, and -EIO for all
 * else. */
int nvjpeg_batch_fail(const struct nvjpeg_batch *batch, const char *what, nvjpegStatus_t status,
	struct gw_error *error);

#endif
