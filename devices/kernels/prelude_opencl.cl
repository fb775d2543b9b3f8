/* The kernels' words in OpenCL C 1.2. */
typedef uchar uint8_t;
typedef short int16_t;
typedef ushort uint16_t;
typedef int int32_t;
typedef uint uint32_t;

#define KERNEL __kernel void
#define FUNCTION __attribute__((always_inline)) static inline
#define GLOBAL __global
#define WORK_ITEM(dimension) ((uint32_t)get_global_id(dimension))

/* Before a body's first statement: a product and a sum do not become one operation. */
#define EXACT_FLOATS _Pragma("OPENCL FP_CONTRACT OFF")
