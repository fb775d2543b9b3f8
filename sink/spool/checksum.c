#include "sink/spool/checksum.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

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
/* The instruction takes three cycles, and one may begin in each: what is long goes in pieces, three
 * of which are summed up at a time. */
#define PIECE 256u

/* x^(8 n - 33) modulo the polynomial, reflected, for the n bytes of one piece and of two. The
 * product of two reflected numbers is one bit lower than its own reflection, and the instruction
 * multiplies by x^32: a sum times this, given to it, is that sum with n bytes of zeros behind it.
 */
#define BEHIND_ONE 0xb9e02b86u
#define BEHIND_TWO 0xdd7e3b0cu

static uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return word;
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t three_pieces(
	const uint8_t *at, uint64_t first)
{
	const __m128i behind = _mm_set_epi64x(BEHIND_TWO, BEHIND_ONE);
	uint64_t second = 0, third = 0;

	for (const uint8_t *end = at + PIECE; at < end; at += 8) {
		first = _mm_crc32_u64(first, word_at(at));
		second = _mm_crc32_u64(second, word_at(at + PIECE));
		third = _mm_crc32_u64(third, word_at(at + 2 * PIECE));
	}
	const __m128i sums = _mm_set_epi64x((int64_t)first, (int64_t)second);
	const __m128i moved = _mm_xor_si128(
		_mm_clmulepi64_si128(sums, behind, 0x11), _mm_clmulepi64_si128(sums, behind, 0x00));

	return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(moved)) ^ third;
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t with_instructions(
	const uint8_t *at, size_t size, uint32_t before)
{
	uint64_t sum = (uint32_t)~before;

	for (; size >= 3 * PIECE; at += 3 * PIECE, size -= 3 * PIECE)
		sum = three_pieces(at, sum);
	for (; size >= 8; at += 8, size -= 8)
		sum = _mm_crc32_u64(sum, word_at(at));
	for (; size > 0; at++, size--)
		sum = _mm_crc32_u8((uint32_t)sum, *at);
	return ~(uint32_t)sum;
}
#endif

uint32_t spool_checksum(const void *data, size_t size, uint32_t before)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
		return with_instructions(data, size, before);
#endif
	return spool_checksum_plain(data, size, before);
}
