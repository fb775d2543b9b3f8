/* The operators' kernels for CUDA: compiled by compile_cuda.py. */
#include "devices/kernels/prelude_cuda.h"

#include "devices/kernels/operators/lanes_cuda.cuh"

#include "devices/kernels/operators/tail.cl"

#include "devices/kernels/operators/conv.cl"

#include "devices/kernels/operators/map.cl"

#include "devices/kernels/operators/pool.cl"
