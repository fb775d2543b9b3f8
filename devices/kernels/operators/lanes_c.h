/* A run of values that are worked on together, in C. */
#pragma once

#include <math.h>
#include <string.h>

#include "devices/kernels/operators/step.h"

/* All that takes or gives one is inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((vector_size(4 * OP_LANES)));

/* Before a loop of a fixed count whose array belongs into registers. */
#ifdef __clang__
#define LANES_UNROLL _Pragma("unroll")
#else
#define LANES_UNROLL _Pragma("GCC unroll 16")
#endif

#define LANES_FUNCTION __attribute__((always_inline, unused)) static inline

LANES_FUNCTION lanes lanes_of(float value)
{
	return value - (lanes){0};
}

LANES_FUNCTION lanes lanes_load(const float *from)
{
	lanes value;

	memcpy(&value, from, sizeof(value));
	return value;
}

LANES_FUNCTION void lanes_store(lanes value, float *to)
{
	memcpy(to, &value, sizeof(value));
}

/* x * y + z; devices round once where that is as fast. */
LANES_FUNCTION lanes lanes_join(lanes x, float y, lanes z)
{
	return x * y + z;
}

/* The same as in OpenCL C, where these are there. */
#define LANES_ONE(name, call) \
	LANES_FUNCTION lanes lanes_##name(lanes x) \
	{ \
		for (int i = 0; i < OP_LANES; i++) \
			x[i] = call(x[i]); \
		return x; \
	}
#define LANES_TWO(name, call) \
	LANES_FUNCTION lanes lanes_##name(lanes x, lanes y) \
	{ \
		for (int i = 0; i < OP_LANES; i++) \
			x[i] = call(x[i], y[i]); \
		return x; \
	}

LANES_ONE(erf, erff)
LANES_ONE(exp, expf)
LANES_ONE(floor, floorf)
LANES_ONE(log, logf)
LANES_ONE(sqrt, sqrtf)
LANES_ONE(tanh, tanhf)
LANES_ONE(trunc, truncf)
LANES_TWO(larger, fmaxf)
LANES_TWO(power, powf)
LANES_TWO(smaller, fminf)

#define FLOAT_EXP(x) expf(x)
#define FLOAT_FLOOR(x) floorf(x)
#define FLOAT_CEIL(x) ceilf(x)
