/* Numbers of half precision (IEEE 754 binary16), as tensors of float16 hold them. */
#pragma once

#include <stdint.h>
#include <string.h>

/* Every one of them is a float too. */
static inline float half_to_float(uint16_t half)
{
	const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7fffu;
	uint32_t bits;
	float value;

	if (magnitude >= 0x7c00u) { /* infinity and NaN */
		bits = sign | 0x7f800000u | (magnitude & 0x3ffu) << 13;
	} else if (magnitude >= 0x0400u) {
		bits = sign | ((magnitude << 13) + (112u << 23));
	} else { /* subnormal: units of 2^-24 */
		value = (float)magnitude * 0x1p-24f;
		return sign ? -value : value;
	}
	memcpy(&value, &bits, sizeof(value));
	return value;
}
