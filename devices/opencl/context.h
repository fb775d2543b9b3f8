/* One OpenCL context for each device of the machine, shared by all who work on it: what a decoder
 * leaves in the device's memory, an engine on the same device reads.
 */
#pragma once

#if HAVE_OPENCL

#include "devices/opencl/devices.h"

/* The device's context, made when the first one asks; opencl_context_put() must follow. NULL and
 * the driver's code on failure. Waits for others that ask; any thread. */
cl_context opencl_context_get(
	const struct opencl_api *api, const struct opencl_device *device, cl_int *code);

/* Ends it when nobody has it any more. Accepts NULL. */
void opencl_context_put(const struct opencl_api *api, cl_context context);

#endif
