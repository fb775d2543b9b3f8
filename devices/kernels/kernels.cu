/* The kernels for CUDA: compiled by compile_cuda.py. */
#include "devices/kernels/prelude_cuda.h"

#include "devices/kernels/jobs.h"

#include "devices/kernels/idct.cl"

#include "devices/kernels/upsample.cl"

#include "devices/kernels/colour.cl"

#include "devices/kernels/shrink.cl"
