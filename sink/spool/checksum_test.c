#include "sink/spool/checksum.h"

#include "core/test.h"

static void it_is_the_sum_that_others_call_crc_32c(void **state)
{
	/* RFC 3720, B.4. */
	uint8_t zeros[32] = {0}, rising[32];

	for (uint8_t i = 0; i < 32; i++)
		rising[i] = i;
	assert_int_equal(spool_checksum("123456789", 9, 0), 0xe3069283u);
	assert_int_equal(spool_checksum(zeros, 32, 0), 0x8a9136aau);
	assert_int_equal(spool_checksum(rising, 32, 0), 0x46dd794eu);
}

static void fill(uint8_t *data, size_t size)
{
	uint32_t x = 7;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		data[i] = (uint8_t)(x >> 24);
	}
}

static void it_is_the_plain_one_s_at_every_length_and_place(void **state)
{
	uint8_t data[2000];

	fill(data, sizeof(data));
	for (size_t place = 0; place < 8; place++) {
		uint32_t plain = 0x12345678u;

		for (size_t size = 0; size <= sizeof(data) - place; size++) {
			assert_int_equal(spool_checksum(data + place, size, 0x12345678u), plain);
			plain = spool_checksum_plain(
				data + place + size, size < sizeof(data) - place, plain);
		}
	}
}

static void parts_give_the_sum_of_the_whole_with_and_without_the_processor_s_help(void **state)
{
	uint8_t data[1700];

	fill(data, sizeof(data));
	const uint32_t whole = spool_checksum_plain(data, sizeof(data), 0);

	for (size_t cut = 0; cut <= sizeof(data); cut++)
		assert_int_equal(whole,
			spool_checksum(
				data + cut, sizeof(data) - cut, spool_checksum(data, cut, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_sum_that_others_call_crc_32c),
		cmocka_unit_test(it_is_the_plain_one_s_at_every_length_and_place),
		cmocka_unit_test(
			parts_give_the_sum_of_the_whole_with_and_without_the_processor_s_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
