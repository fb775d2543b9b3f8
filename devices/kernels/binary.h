/* The kernels for CUDA, compiled: what a driver loads. */
#pragma once

#if HAVE_CUDA

#include <stddef.h>

extern const unsigned char kernels_cuda[];
extern const size_t kernels_cuda_size;

/* ... those of the operators. */
extern const unsigned char operators_cuda[];
extern const size_t operators_cuda_size;

#endif
