/* A driver of CUDA and an nvJPEG that are none: they do on the host's memory what they are told,
 * the kernels as the C reference and the pictures by libjpeg, and fail as a test wishes. Nothing
 * that runs on them says anything of a GPU.
 */
#pragma once

#if HAVE_CUDA

#include <stdbool.h>
#include <stdint.h>

#include <cuda.h>
#include <nvjpeg.h>

/* What a test wishes and sees. Found in the library by the name `cuda_fake`. */
struct cuda_fake {
	int devices;
	CUresult init, load, stream; /* what these return */
	CUresult memory; /* ... and every wish for memory */
	CUresult lost; /* what the GPU says to all work, once it is not CUDA_SUCCESS */
	bool hangs; /* it never ends what it was given */
	uint64_t launches, copied_up, copied_down; /* kernels; bytes */
	uint64_t
		allocations; /* of memory, streams, modules and contexts that were not given back */
};

/* ... by the name `nvjpeg_fake`. */
struct nvjpeg_fake {
	bool engines; /* the chip has them */
	nvjpegStatus_t
		decode; /* what decoding returns instead of a picture, once it is not SUCCESS */
	bool wrong; /* pictures are not those of the data */
	uint64_t batches[2], pictures[2]; /* by SMs, by engines */
	uint64_t largest; /* batch */
	uint64_t handles; /* and states that were not given back */
};

#endif
