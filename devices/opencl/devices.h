/* The OpenCL devices of the machine. */
#pragma once

#if HAVE_OPENCL

#include <stdint.h>

#include "devices/opencl/library.h"

#define OPENCL_DEVICES 16
#define OPENCL_NAME 128

struct opencl_device {
	cl_platform_id platform;
	cl_device_id id;
	cl_device_type type;
	char platform_name[OPENCL_NAME];
	char name[OPENCL_NAME];
	char version[OPENCL_NAME]; /* "OpenCL 3.0 PoCL" ... */
	uint64_t largest; /* bytes that one buffer may have */
};

/* Lists them, the most useful first: GPUs, then accelerators, then processors. Returns how many, or
 * -ENODEV with an error line that says what to install. Slow at its first call: drivers are
 * loaded. Any thread. */
int opencl_devices(const struct opencl_api *api, struct opencl_device devices[OPENCL_DEVICES],
	struct gw_error *error);

/* The first whose platform's or own name contains `text`, in whatever case; NULL: the first. 0,
 * -ENODEV or -EINVAL and an error line that lists those there are. */
int opencl_device_find(const struct opencl_api *api, const char *text, struct opencl_device *device,
	struct gw_error *error);

#endif
