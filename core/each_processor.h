/* Functions with loops that the compiler makes vectors of: what is marked FOR_EACH_PROCESSOR is
 * compiled for more than one kind of processor, where the toolchain can choose between them when
 * the program is loaded. Sanitizers are not ready by then. */
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
