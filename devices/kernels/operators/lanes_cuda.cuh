/* A run of values that are worked on together, in CUDA C++: one thread's, in its registers. */
#pragma once

#include "devices/kernels/operators/step.h"

struct lanes {
	float at[OP_LANES];
};

#define LANES_UNROLL _Pragma("unroll")

FUNCTION lanes lanes_of(float value)
{
	lanes x;

	LANES_UNROLL
	for (int i = 0; i < OP_LANES; i++)
		x.at[i] = value;
	return x;
}

FUNCTION lanes lanes_load(const float *from)
{
	lanes x;

	LANES_UNROLL
	for (int i = 0; i < OP_LANES; i++)
		x.at[i] = from[i];
	return x;
}

FUNCTION void lanes_store(const lanes &x, float *to)
{
	LANES_UNROLL
	for (int i = 0; i < OP_LANES; i++)
		to[i] = x.at[i];
}

/* x * y + z, rounded once. */
FUNCTION lanes lanes_join(lanes x, float y, const lanes &z)
{
	LANES_UNROLL
	for (int i = 0; i < OP_LANES; i++)
		x.at[i] = fmaf(x.at[i], y, z.at[i]);
	return x;
}

#define LANES_OPERATOR(sign) \
	FUNCTION lanes operator sign(lanes x, const lanes &y) \
	{ \
		LANES_UNROLL \
		for (int i = 0; i < OP_LANES; i++) \
			x.at[i] = x.at[i] sign y.at[i]; \
		return x; \
	} \
	FUNCTION lanes operator sign(lanes x, float y) \
	{ \
		return x sign lanes_of(y); \
	} \
	FUNCTION lanes operator sign(float x, const lanes &y) \
	{ \
		return lanes_of(x) sign y; \
	}
#define LANES_ONE(name, call) \
	FUNCTION lanes lanes_##name(lanes x) \
	{ \
		LANES_UNROLL \
		for (int i = 0; i < OP_LANES; i++) \
			x.at[i] = call(x.at[i]); \
		return x; \
	}
#define LANES_TWO(name, call) \
	FUNCTION lanes lanes_##name(lanes x, const lanes &y) \
	{ \
		LANES_UNROLL \
		for (int i = 0; i < OP_LANES; i++) \
			x.at[i] = call(x.at[i], y.at[i]); \
		return x; \
	}

LANES_OPERATOR(+)
LANES_OPERATOR(-)
LANES_OPERATOR(*)
LANES_OPERATOR(/)

FUNCTION lanes operator-(const lanes &x)
{
	return lanes_of(-0.0f) - x;
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
