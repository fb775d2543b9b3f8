/* Vectors of 32 bytes for the two loops that see every byte: the compiler's own, without
 * intrinsics. The functions that use them are compiled twice, and the one for the machine is chosen
 * when the program is loaded. */
#pragma once

#include <stdint.h>

typedef uint8_t vector_u8 __attribute__((vector_size(32)));
typedef uint64_t vector_u64 __attribute__((vector_size(32)));

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
	!defined(__clang__)
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
/* Sanitizers are not ready yet when such functions are chosen. */
#define VECTOR_CLONES
#endif
