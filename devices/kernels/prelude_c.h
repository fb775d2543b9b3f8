/* The kernels' words in C: each kernel becomes a function that does one work item. */
#pragma once

#include <stdint.h>

#define KERNEL static void
#define FUNCTION __attribute__((always_inline)) static inline
#define GLOBAL
#define WORK_ITEM(dimension) work_item[dimension]
#define EXACT_FLOATS /* the build says so for the whole file: -ffp-contract=off */

__attribute__((unused)) static _Thread_local uint32_t work_item[3];
