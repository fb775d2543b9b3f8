/* Writes numbers in network byte order; each returns where the next byte goes. */
#pragma once

#include <stdint.h>

static inline uint8_t *put8(uint8_t *out, uint32_t value)
{
	*out = (uint8_t)value;
	return out + 1;
}

static inline uint8_t *put16(uint8_t *out, uint32_t value)
{
	return put8(put8(out, value >> 8), value);
}

static inline uint8_t *put32(uint8_t *out, uint32_t value)
{
	return put16(put16(out, value >> 16), value);
}
