/* The kernels for CUDA: compiled by compile_cuda.py. */
#include "accel/kernels/prelude_cuda.h"

#include "accel/kernels/jobs.h"

#include "accel/kernels/idct.cl"

#include "accel/kernels/upsample.cl"

#include "accel/kernels/colour.cl"

#include "accel/kernels/shrink.cl"
