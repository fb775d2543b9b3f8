/* The operators' kernels: their names for a device's compiler, and as C, which every other way is
 * held against. */
#pragma once

#include <stddef.h>

#include "devices/kernels/operators/step.h"

/* Each is a kernel of the name op_NAME. */
#define OPERATORS_KERNELS(X) \
	X(CONV, conv) \
	X(CONV_GROUP, conv_group) \
	X(MATMUL, matmul) \
	X(MAP, map) \
	X(PAD, pad) \
	X(POOL, pool) \
	X(REDUCE, reduce) \
	X(SOFTMAX, softmax) \
	X(RESIZE, resize)

enum operators_kernel {
#define OPERATORS_ENUM(upper, lower) OPERATORS_##upper,
	OPERATORS_KERNELS(OPERATORS_ENUM)
#undef OPERATORS_ENUM
		OPERATORS_KERNEL_COUNT
};

extern const char *const operators_kernel_names[OPERATORS_KERNEL_COUNT];

/* As a device's compiler gets them: one program of OpenCL C 1.2 or later. */
extern const unsigned char operators_opencl[];
extern const size_t operators_opencl_size;

/* Does job `number` as C, for all its work items; what is in it is trusted. Any thread. */
void operators_reference(enum operators_kernel kernel, const uint32_t items[3], float *memory,
	const struct op_job *jobs, uint32_t number);
