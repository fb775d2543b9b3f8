#include "devices/kernels/operators/operators.h"

#include "devices/kernels/prelude_c.h"

#include "devices/kernels/operators/lanes_c.h"

#include "devices/kernels/operators/tail.cl"

#include "devices/kernels/operators/conv.cl"

#include "devices/kernels/operators/map.cl"

#include "devices/kernels/operators/pool.cl"

typedef void kernel_fn(float *memory, const struct op_job *jobs, uint32_t number);

static kernel_fn *const kernels[] = {
#define OPERATORS_FUNCTION(upper, lower) op_##lower,
	OPERATORS_KERNELS(OPERATORS_FUNCTION)
#undef OPERATORS_FUNCTION
};

const char *const operators_kernel_names[] = {
#define OPERATORS_NAME(upper, lower) "op_" #lower,
	OPERATORS_KERNELS(OPERATORS_NAME)
#undef OPERATORS_NAME
};

void operators_reference(enum operators_kernel kernel, const uint32_t items[3], float *memory,
	const struct op_job *jobs, uint32_t number)
{
	for (uint32_t z = 0; z < items[2]; z++) {
		for (uint32_t y = 0; y < items[1]; y++) {
			for (uint32_t x = 0; x < items[0]; x++) {
				work_item[0] = x;
				work_item[1] = y;
				work_item[2] = z;
				kernels[kernel](memory, jobs, number);
			}
		}
	}
}
