/* Which bytes of a frame have arrived: a short sorted list of spans. In order there is one. */
#pragma once

#include <stdint.h>

/* Packets of a frame that may be missing in the middle while others arrive. */
#define COVERAGE_SPANS 128

/* Bytes begin .. end - 1. */
struct span {
	uint32_t begin, end;
};

struct coverage {
	uint32_t count;
	struct span span[COVERAGE_SPANS];
};

/* Adds begin .. end - 1 (not empty), joining what touches. Returns how many bytes are new, or
 * -ENOSPC when there are too many gaps. */
int64_t coverage_add(struct coverage *coverage, uint32_t begin, uint32_t end);

/* Where the last span ends: 0 when there is none. */
static inline uint32_t coverage_end(const struct coverage *coverage)
{
	return coverage->count ? coverage->span[coverage->count - 1].end : 0;
}
