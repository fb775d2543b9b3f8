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

/* What a test wishes and sees. Found in the library by the name `cuda_fake`. Written by the test,
 * read by all threads, but for the counters. */
struct cuda_fake {
	_Atomic int devices;
	_Atomic CUresult init, load, stream; /* what these return */
	_Atomic CUresult memory; /* ... and every wish for memory */
	_Atomic CUresult lost; /* what the GPU says to all work, once it is not CUDA_SUCCESS */
	_Atomic bool hangs; /* it never ends what it was given */
	_Atomic uint64_t launches, graphs, copied_up,
		copied_down; /* kernels, graphs of them; bytes */
	_Atomic uint64_t
		allocations; /* of memory, streams, modules, graphs and contexts, not given back */
};

/* ... by the name `nvjpeg_fake`. */
struct nvjpeg_fake {
	_Atomic bool engines; /* the chip has them */
	_Atomic nvjpegStatus_t decode; /* what decoding returns once it is not SUCCESS */
	_Atomic nvjpegStatus_t decode_by_engines; /* ... and what theirs returns */
	_Atomic bool wrong; /* pictures are not those of the data */
	_Atomic uint64_t batches[2], pictures[2]; /* by SMs, by engines */
	_Atomic uint64_t largest; /* batch */
	_Atomic uint64_t handles; /* and states that were not given back */
};

#endif
