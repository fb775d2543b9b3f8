/* The kernels' words in CUDA C++. */
#pragma once

#include <stdint.h>

#define KERNEL extern "C" __global__ void
#define FUNCTION static __device__ __forceinline__
#define GLOBAL
#define WORK_ITEM(dimension) \
	((dimension) == 0                  ? blockIdx.x * blockDim.x + threadIdx.x \
			: (dimension) == 1 ? blockIdx.y * blockDim.y + threadIdx.y \
					   : blockIdx.z * blockDim.z + threadIdx.z)
