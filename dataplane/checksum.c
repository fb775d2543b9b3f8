#include "dataplane/checksum.h"

#include <string.h>

#include "core/each_processor.h"
#include "core/vector.h"

/* Sums of 32-bit words in 64-bit lanes: a lane overflows after 2^32 words, far beyond a packet.
 * Ones' complement sums may be taken in any width and folded later (RFC 1071, 2 C). */
FOR_EACH_PROCESSOR uint64_t checksum_add(uint64_t sum, const uint8_t *data, uint32_t size)
{
	const vector_u64 low = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF};
	vector_u64 even = {0}, odd = {0};

	for (; size >= 64; data += 64, size -= 64) {
		vector_u64 a, b;

		memcpy(&a, data, 32);
		memcpy(&b, data + 32, 32);
		even += (a & low) + (a >> 32);
		odd += (b & low) + (b >> 32);
	}
	even += odd;
	for (int i = 0; i < 4; i++)
		sum += (even[i] & 0xFFFFFFFF) + (even[i] >> 32);
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
