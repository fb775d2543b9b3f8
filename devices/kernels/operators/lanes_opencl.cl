/* A run of values that are worked on together, in OpenCL C 1.2. */
typedef float16 lanes;

/* What is rounded once is said so: else a pixel's place could be another one here than there. */
#pragma OPENCL FP_CONTRACT OFF

#define LANES_UNROLL _Pragma("unroll")
#define lanes_of(value) ((lanes)(value))
#define lanes_load(from) vload16(0, from)
#define lanes_store(value, to) vstore16(value, 0, to)
#define lanes_erf(x) erf(x)
#define lanes_exp(x) exp(x)
#define lanes_floor(x) floor(x)
#define lanes_log(x) log(x)
#define lanes_sqrt(x) sqrt(x)
#define lanes_tanh(x) tanh(x)
#define lanes_trunc(x) trunc(x)
#define lanes_larger(x, y) fmax(x, y)
#define lanes_power(x, y) pow(x, y)
#define lanes_smaller(x, y) fmin(x, y)
#define FLOAT_EXP(x) exp(x)
#define FLOAT_FLOOR(x) floor(x)
#define FLOAT_CEIL(x) ceil(x)
#if defined(FP_FAST_FMAF) || defined(__FMA__)
#define lanes_join(x, y, z) fma(x, (lanes)(y), z)
#else
#define lanes_join(x, y, z) mad(x, (lanes)(y), z)
#endif
