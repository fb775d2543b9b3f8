#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/rtp.h"

static enum gw_drop parse(const uint8_t *bytes, uint32_t size, struct rtp_packet *rtp)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	const enum gw_drop drop = rtp_parse(copy, size, rtp);

	free(copy);
	return drop;
}

static void the_fixed_header_is_read(void **state)
{
	static const uint8_t bytes[] = {0x80, 0x9A, 0x12, 0x34, 0, 1, 2, 3, 0xA, 0xB, 0xC, 0xD, 99};
	struct rtp_packet rtp;

	assert_int_equal(rtp_parse(bytes, sizeof(bytes), &rtp), GW_DROP_NONE);
	assert_true(rtp.marker);
	assert_int_equal(rtp.payload_type, 26);
	assert_int_equal(rtp.sequence, 0x1234);
	assert_int_equal(rtp.timestamp, 0x00010203);
	assert_int_equal(rtp.ssrc, 0x0A0B0C0D);
	assert_null(rtp.extension);
	assert_ptr_equal(rtp.payload, bytes + 12);
	assert_int_equal(rtp.size, 1);
}

static void contributing_sources_extension_and_padding_are_skipped(void **state)
{
	static const uint8_t bytes[] = {0xB2, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0,
		3, /* P, X, two sources */
		1, 1, 1, 1, 2, 2, 2, 2, 0xAB, 0xAC, 0, 1, 7, 7, 7, 7, 42, 43, 0, 0, 3};
	struct rtp_packet rtp;

	assert_int_equal(rtp_parse(bytes, sizeof(bytes), &rtp), GW_DROP_NONE);
	assert_int_equal(rtp.extension_profile, 0xABAC);
	assert_int_equal(rtp.extension_size, 4);
	assert_int_equal(rtp.extension[0], 7);
	assert_int_equal(rtp.size, 2);
	assert_int_equal(rtp.payload[1], 43);
	for (uint32_t size = 0; size < 28; size++)
		assert_int_equal(parse(bytes, size, &rtp), GW_DROP_RTP_SHORT);
}

static void other_versions_are_refused(void **state)
{
	uint8_t bytes[12] = {0};
	struct rtp_packet rtp;

	for (uint8_t version = 0; version < 4; version++) {
		bytes[0] = (uint8_t)(version << 6);
		assert_int_equal(
			parse(bytes, 12, &rtp), version == 2 ? GW_DROP_NONE : GW_DROP_RTP_VERSION);
	}
}

static void padding_that_cannot_be_is_refused(void **state)
{
	uint8_t bytes[16] = {0xA0};
	struct rtp_packet rtp;

	bytes[15] = 0;
	assert_int_equal(parse(bytes, 16, &rtp), GW_DROP_RTP_PADDING);
	bytes[15] = 5;
	assert_int_equal(parse(bytes, 16, &rtp), GW_DROP_RTP_PADDING);
	bytes[15] = 4;
	assert_int_equal(parse(bytes, 16, &rtp), GW_DROP_NONE);
	assert_int_equal(rtp.size, 0);
	assert_int_equal(parse(bytes, 12, &rtp), GW_DROP_RTP_PADDING);
}

static void an_extension_longer_than_the_packet_is_refused(void **state)
{
	uint8_t bytes[20] = {0x90};
	struct rtp_packet rtp;

	bytes[15] = 1;
	assert_int_equal(parse(bytes, 20, &rtp), GW_DROP_NONE);
	bytes[15] = 2;
	assert_int_equal(parse(bytes, 20, &rtp), GW_DROP_RTP_SHORT);
	bytes[14] = bytes[15] = 0xFF;
	assert_int_equal(parse(bytes, 20, &rtp), GW_DROP_RTP_SHORT);
}

static void only_jpeg_and_dynamic_payload_types_may_be_jpeg(void **state)
{
	assert_true(rtp_type_may_be_jpeg(26));
	assert_true(rtp_type_may_be_jpeg(96));
	assert_true(rtp_type_may_be_jpeg(127));
	assert_false(rtp_type_may_be_jpeg(0));
	assert_false(rtp_type_may_be_jpeg(33));
	assert_false(rtp_type_may_be_jpeg(72)); /* an RTCP sender report */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fixed_header_is_read),
		cmocka_unit_test(contributing_sources_extension_and_padding_are_skipped),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(padding_that_cannot_be_is_refused),
		cmocka_unit_test(an_extension_longer_than_the_packet_is_refused),
		cmocka_unit_test(only_jpeg_and_dynamic_payload_types_may_be_jpeg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
