/* The CUDA driver: loaded when somebody asks for it, so that a machine without it runs all the
 * same.
 */
#pragma once

#if HAVE_CUDA

#include <cuda.h>

#include "core/error.h"

/* All that is used of it. Where the driver has several versions of a function, cuda.h says by
 * macros which one is meant. */
#define CUDA_FUNCTIONS(X) \
	X(cuCtxSetCurrent) \
	X(cuDeviceGet) \
	X(cuDeviceGetAttribute) \
	X(cuDeviceGetCount) \
	X(cuDeviceGetName) \
	X(cuDevicePrimaryCtxRelease) \
	X(cuDevicePrimaryCtxRetain) \
	X(cuDeviceTotalMem) \
	X(cuDriverGetVersion) \
	X(cuGetErrorName) \
	X(cuGraphDestroy) \
	X(cuGraphExecDestroy) \
	X(cuGraphInstantiate) \
	X(cuGraphLaunch) \
	X(cuInit) \
	X(cuLaunchHostFunc) \
	X(cuLaunchKernel) \
	X(cuMemAlloc) \
	X(cuMemAllocHost) \
	X(cuMemFree) \
	X(cuMemFreeHost) \
	X(cuMemHostRegister) \
	X(cuMemHostUnregister) \
	X(cuMemcpyDtoHAsync) \
	X(cuMemcpyHtoDAsync) \
	X(cuModuleGetFunction) \
	X(cuModuleLoadData) \
	X(cuModuleUnload) \
	X(cuStreamBeginCapture) \
	X(cuStreamCreate) \
	X(cuStreamDestroy) \
	X(cuStreamEndCapture) \
	X(cuStreamQuery)

struct cuda_api {
#define CUDA_MEMBER(name) __typeof__(&name) name;
	CUDA_FUNCTIONS(CUDA_MEMBER)
#undef CUDA_MEMBER
};

/* Loads it. 0, or -ENOENT with an error line that says what to install. It stays loaded until the
 * process ends, as its threads do. Any thread. */
int cuda_library_open(struct cuda_api *api, struct gw_error *error);

/* "CUDA_ERROR_OUT_OF_MEMORY". Any thread. */
const char *cuda_error_name(const struct cuda_api *api, CUresult code);

#endif
