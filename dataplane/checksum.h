/* The Internet checksum (RFC 1071). */
#pragma once

#include <stdint.h>

/* Adds `size` bytes to a ones' complement sum in progress (0 to begin with), as 16-bit words in the
 * machine's byte order; an odd last byte is padded with 0. Blocks but the last must have even
 * sizes. */
uint64_t checksum_add(uint64_t sum, const uint8_t *data, uint32_t size);

/* Folds the sum to 16 bits. Over data that includes its own checksum the result is 0xFFFF when it
 * is right. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)sum;
}
