#include "sink/spool/checksum.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

uint32_t spool_checksum_plain(const void *data, size_t size, uint32_t before)
{
	const uint8_t *at = data;
	uint32_t sum = ~before;

	for (size_t i = 0; i < size; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
	}
	return ~sum;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t with_sse42(
	const uint8_t *at, size_t size, uint32_t before)
{
	uint64_t sum = ~before, word;

	for (; size >= 8; at += 8, size -= 8) {
		memcpy(&word, at, 8);
		sum = __builtin_ia32_crc32di(sum, word);
	}
	for (; size > 0; at++, size--)
		sum = __builtin_ia32_crc32qi((uint32_t)sum, *at);
	return ~(uint32_t)sum;
}
#endif

uint32_t spool_checksum(const void *data, size_t size, uint32_t before)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return with_sse42(data, size, before);
#endif
	return spool_checksum_plain(data, size, before);
}
