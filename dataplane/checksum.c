#include "dataplane/checksum.h"

#include <string.h>

/* Sums of 32-bit words in 64-bit lanes: a lane overflows after 2^32 words, far beyond a packet.
 * Ones' complement sums may be taken in any width and folded later (RFC 1071, 2 C). */
typedef uint64_t lanes __attribute__((vector_size(16)));

uint64_t checksum_add(uint64_t sum, const uint8_t *data, uint32_t size)
{
	const lanes low = {0xFFFFFFFF, 0xFFFFFFFF};
	lanes even = {0, 0}, odd = {0, 0};

	for (; size >= 32; data += 32, size -= 32) {
		lanes a, b;

		memcpy(&a, data, 16);
		memcpy(&b, data + 16, 16);
		even += (a & low) + (a >> 32);
		odd += (b & low) + (b >> 32);
	}
	even += odd;
	sum += (even[0] & 0xFFFFFFFF) + (even[0] >> 32);
	sum += (even[1] & 0xFFFFFFFF) + (even[1] >> 32);
	for (; size >= 4; data += 4, size -= 4) {
		uint32_t word;

		memcpy(&word, data, 4);
		sum += word;
	}
	if (size > 0) {
		uint32_t word = 0;

		memcpy(&word, data, size);
		sum += word;
	}
	return sum;
}
