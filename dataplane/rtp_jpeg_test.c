#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/rtp_jpeg.h"

static enum gw_drop parse(const uint8_t *bytes, uint32_t size, struct rtp_jpeg *jpeg)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	const enum gw_drop drop = rtp_jpeg_parse(copy, size, jpeg);

	free(copy);
	return drop;
}

static void the_main_header_is_read(void **state)
{
	static const uint8_t bytes[] = {1, 0x12, 0x34, 0x56, 1, 50, 80, 60, 0xAA, 0xBB};
	struct rtp_jpeg jpeg;

	assert_int_equal(rtp_jpeg_parse(bytes, sizeof(bytes), &jpeg), GW_DROP_NONE);
	assert_int_equal(jpeg.type_specific, 1);
	assert_int_equal(jpeg.offset, 0x123456);
	assert_int_equal(jpeg.type, 1);
	assert_int_equal(jpeg.q, 50);
	assert_int_equal(jpeg.width, 640);
	assert_int_equal(jpeg.height, 480);
	assert_ptr_equal(jpeg.data, bytes + 8);
	assert_int_equal(jpeg.size, 2);
	assert_false(jpeg.has_tables);
}

static void restart_and_table_headers_follow_in_this_order(void **state)
{
	uint8_t bytes[8 + 4 + 4 + 128 + 3] = {
		0, 0, 0, 0, 65, 255, 1, 1, 0x01, 0x02, 0xBF, 0xFE, 9, 2, 0, 128};
	struct rtp_jpeg jpeg;

	assert_int_equal(rtp_jpeg_parse(bytes, sizeof(bytes), &jpeg), GW_DROP_NONE);
	assert_int_equal(jpeg.restart_interval, 0x0102);
	assert_true(jpeg.restart_first);
	assert_false(jpeg.restart_last);
	assert_int_equal(jpeg.restart_count, 0x3FFE);
	assert_true(jpeg.has_tables);
	assert_int_equal(jpeg.tables_precision, 2);
	assert_int_equal(jpeg.tables_size, 128);
	assert_ptr_equal(jpeg.tables, bytes + 16);
	assert_ptr_equal(jpeg.data, bytes + 144);
	assert_int_equal(jpeg.size, 3);
	for (uint32_t size = 0; size < 144; size++)
		assert_int_equal(parse(bytes, size, &jpeg), GW_DROP_JPEG_SHORT);
}

static void tables_stand_only_in_the_first_packet(void **state)
{
	static const uint8_t bytes[] = {0, 0, 0, 1, 1, 255, 1, 1, 7};
	struct rtp_jpeg jpeg;

	assert_int_equal(parse(bytes, sizeof(bytes), &jpeg), GW_DROP_NONE);
	assert_false(jpeg.has_tables);
	assert_int_equal(jpeg.size, 1);
}

static void only_types_0_1_64_and_65_are_known(void **state)
{
	uint8_t bytes[16] = {0, 0, 0, 0, 0, 50, 1, 1};
	struct rtp_jpeg jpeg;

	for (int type = 0; type < 256; type++) {
		bytes[4] = (uint8_t)type;
		const bool known = type == 0 || type == 1 || type == 64 || type == 65;

		assert_int_equal(parse(bytes, 16, &jpeg), known ? GW_DROP_NONE : GW_DROP_BAD_TYPE);
	}
}

static void reserved_q_values_are_refused(void **state)
{
	struct rtp_jpeg jpeg;

	for (int q = 0; q < 256; q++) {
		uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 1, 1};
		bytes[5] = (uint8_t)q;
		const bool reserved = q == 0 || (q >= 100 && q <= 127);

		/* 0 is right with a header extension of ONVIF: others judge that. */
		assert_int_equal(
			parse(bytes, 16, &jpeg), reserved && q != 0 ? GW_DROP_BAD_Q : GW_DROP_NONE);
		assert_int_equal(jpeg.doubt, reserved ? GW_DROP_BAD_Q : GW_DROP_NONE);
		/* Only the first packet of a picture is believed. */
		bytes[3] = 1;
		assert_int_equal(parse(bytes, 16, &jpeg), GW_DROP_NONE);
		assert_int_equal(jpeg.doubt, reserved ? GW_DROP_BAD_Q : GW_DROP_NONE);
	}
}

static void other_codecs_are_told_from_jpeg(void **state)
{
	/* H.264: a sequence parameter set, a fragment, a slice; H.265: a fragment, parameters. */
	static const uint8_t first[] = {0x67, 0x7C, 0x1C, 0x41, 0x62, 0x40};
	uint8_t bytes[16] = {0, 0x64, 0, 0x1F, 1, 50, 1, 1};
	struct rtp_jpeg jpeg;

	for (size_t i = 0; i < sizeof(first); i++) {
		bytes[0] = first[i];
		assert_int_equal(parse(bytes, 16, &jpeg), GW_DROP_NONE);
		assert_int_equal(jpeg.doubt, GW_DROP_NOT_JPEG);
	}
	for (bytes[0] = 0; bytes[0] <= 3; bytes[0]++)
		assert_int_equal(parse(bytes, 16, &jpeg), GW_DROP_NONE);
}

static void a_file_may_stand_where_tables_were_announced(void **state)
{
	static const uint8_t bytes[] = {
		0, 0, 0, 0, 1, 255, 1, 1, 0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F'};
	struct rtp_jpeg jpeg;

	assert_int_equal(rtp_jpeg_parse(bytes, sizeof(bytes), &jpeg), GW_DROP_NONE);
	assert_true(rtp_jpeg_is_file(&jpeg));
	assert_ptr_equal(jpeg.data, bytes + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_main_header_is_read),
		cmocka_unit_test(restart_and_table_headers_follow_in_this_order),
		cmocka_unit_test(tables_stand_only_in_the_first_packet),
		cmocka_unit_test(only_types_0_1_64_and_65_are_known),
		cmocka_unit_test(reserved_q_values_are_refused),
		cmocka_unit_test(other_codecs_are_told_from_jpeg),
		cmocka_unit_test(a_file_may_stand_where_tables_were_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
