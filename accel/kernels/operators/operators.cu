/* The operators' kernels for CUDA: compiled by compile_cuda.py. */
#include "accel/kernels/prelude_cuda.h"

#include "accel/kernels/operators/lanes_cuda.cuh"

#include "accel/kernels/operators/tail.cl"

#include "accel/kernels/operators/conv.cl"

#include "accel/kernels/operators/map.cl"

#include "accel/kernels/operators/pool.cl"
