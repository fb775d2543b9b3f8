/* Loops over pixels are for the compiler to vectorise: they are built with -O3, and those that are
 * marked for more than one kind of processor where the toolchain can choose at run time. */
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
