/* The GPUs of the machine that CUDA runs on. */
#pragma once

#if HAVE_CUDA

#include <stdint.h>

#include "devices/cuda/library.h"

#define CUDA_DEVICES 16
#define CUDA_NAME 128

struct cuda_device {
	CUdevice id;
	char name[CUDA_NAME];
	uint32_t major, minor; /* compute capability */
	uint64_t memory; /* bytes */
	uint32_t driver; /* CUDA that the driver has: 13000 is 13.0 */
};

/* Lists them as the driver does. Returns how many, or -ENODEV with an error line that says what to
 * do. Slow at its first call. Any thread. */
int cuda_devices(const struct cuda_api *api, struct cuda_device devices[CUDA_DEVICES],
	struct gw_error *error);

/* The first whose name contains `text`, in whatever case; NULL: the first. 0, -ENODEV or -EINVAL
 * and an error line that lists those there are. */
int cuda_device_find(const struct cuda_api *api, const char *text, struct cuda_device *device,
	struct gw_error *error);

#endif
