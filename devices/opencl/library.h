/* The OpenCL loader, which finds the drivers of the machine: loaded when somebody asks for it, so
 * that a machine without it runs all the same.
 */
#pragma once

#if HAVE_OPENCL

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "core/error.h"

/* All that is used of it: OpenCL 1.2. */
#define OPENCL_FUNCTIONS(X) \
	X(clBuildProgram) \
	X(clCreateBuffer) \
	X(clCreateCommandQueue) \
	X(clCreateContext) \
	X(clCreateKernel) \
	X(clCreateProgramWithSource) \
	X(clEnqueueCopyBuffer) \
	X(clEnqueueMapBuffer) \
	X(clEnqueueMarkerWithWaitList) \
	X(clEnqueueNDRangeKernel) \
	X(clEnqueueReadBuffer) \
	X(clEnqueueUnmapMemObject) \
	X(clEnqueueWriteBuffer) \
	X(clFinish) \
	X(clFlush) \
	X(clGetDeviceIDs) \
	X(clGetDeviceInfo) \
	X(clGetEventInfo) \
	X(clGetPlatformIDs) \
	X(clGetPlatformInfo) \
	X(clGetProgramBuildInfo) \
	X(clReleaseCommandQueue) \
	X(clReleaseContext) \
	X(clReleaseEvent) \
	X(clReleaseKernel) \
	X(clReleaseMemObject) \
	X(clReleaseProgram) \
	X(clSetEventCallback) \
	X(clSetKernelArg)

/* Tests put their own in the place of some, to see what becomes of a device that fails. */
struct opencl_api {
#define OPENCL_MEMBER(name) __typeof__(&name) name;
	OPENCL_FUNCTIONS(OPENCL_MEMBER)
#undef OPENCL_MEMBER
};

/* Loads it. 0, or -ENOENT with an error line that says what to install. It stays loaded until the
 * process ends, as the drivers' threads do. Any thread. */
int opencl_library_open(struct opencl_api *api, struct gw_error *error);

/* "CL_DEVICE_NOT_AVAILABLE"; the number for those without a name here, in `text`. */
#define OPENCL_ERROR_TEXT 24
const char *opencl_error_name(cl_int code, char text[OPENCL_ERROR_TEXT]);

#endif
