/* nvJPEG, NVIDIA's decoder of JPEG on GPUs: loaded when somebody asks for it. */
#pragma once

#if HAVE_CUDA

#include <nvjpeg.h>

#include "core/error.h"

/* All that is used of it. */
#define NVJPEG_FUNCTIONS(X) \
	X(nvjpegCreateEx) \
	X(nvjpegDecodeBatched) \
	X(nvjpegDecodeBatchedInitialize) \
	X(nvjpegDestroy) \
	X(nvjpegGetHardwareDecoderInfo) \
	X(nvjpegGetProperty) \
	X(nvjpegJpegStateCreate) \
	X(nvjpegJpegStateDestroy)

struct nvjpeg_api {
#define NVJPEG_MEMBER(name) __typeof__(&name) name;
	NVJPEG_FUNCTIONS(NVJPEG_MEMBER)
#undef NVJPEG_MEMBER
	int version[3]; /* 13, 0, 4 */
};

/* Loads it. 0, or -ENOENT with an error line that says what to install. It stays loaded until the
 * process ends. Any thread. */
int nvjpeg_library_open(struct nvjpeg_api *api, struct gw_error *error);

/* "bad JPEG", "execution failed" ... */
const char *nvjpeg_status_name(nvjpegStatus_t status);

#endif
