/* Vectors of 32 bytes for the two loops that see every byte: the compiler's own, without
 * intrinsics. */
#pragma once

#include <stdint.h>

typedef uint8_t vector_u8 __attribute__((vector_size(32)));
typedef uint64_t vector_u64 __attribute__((vector_size(32)));
