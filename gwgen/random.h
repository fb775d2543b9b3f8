/* Numbers that look random and are the same for the same seed (splitmix64). */
#pragma once

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

/* From 0 to below 1. */
static inline double random_share(struct random *random)
{
	return (double)(random_next(random) >> 11) / 9007199254740992.0;
}
