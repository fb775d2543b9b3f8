/* The kernels as a device's compiler gets them: one program of OpenCL C 1.2 or later. */
#pragma once

#include <stddef.h>

extern const unsigned char kernels_opencl[];
extern const size_t kernels_opencl_size;
