/* The kernels on one OpenCL device: the device's context, which others share (context.h), and what
 * its driver has compiled. */
#pragma once

#if HAVE_OPENCL

#include "devices/opencl/devices.h"

struct opencl_program {
	const struct opencl_api *api;
	struct opencl_device device;
	cl_context context; /* the device's memory is for all who have it */
	cl_program program;
};

/* Compiles `source` for the device: slow. 0, or a negative errno and one line with what the driver
 * said; opencl_program_close() follows a failure too. `api` must stay. */
int opencl_program_open(struct opencl_program *program, const struct opencl_api *api,
	const struct opencl_device *device, const char *source, size_t size,
	struct gw_error *error);

/* Accepts one that did not open (all zero). */
void opencl_program_close(struct opencl_program *program);

#endif
