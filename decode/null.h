/* The null decoder looks at no JPEG and draws a pattern that camera and sequence number determine:
 * for tests of what comes after it. */
#pragma once

#include <stdint.h>

/* The sample at column x (a grey pixel, or one of the three colours of an RGB pixel) of row y. */
static inline uint8_t null_sample(uint32_t camera, uint64_t sequence, uint32_t x, uint32_t y)
{
	return (uint8_t)(x + 3 * y + 31 * camera + 7 * sequence);
}
