#include "dataplane/rtcp.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/test.h"

/* A sender report, who it is, and that it leaves. */
static const uint8_t compound[] = {
	/* SR of 0x11223344 without blocks */
	0x80, 200, 0, 6, 0x11, 0x22, 0x33, 0x44, 0xE9, 0x00, 0x00, 0x00, 0x80, 0, 0, 0, 0, 1, 0x5F,
	0x90, 0, 0, 0, 9, 0, 0, 4, 0,
	/* SDES: CNAME "a" */
	0x81, 202, 0, 2, 0x11, 0x22, 0x33, 0x44, 1, 1, 'a', 0,
	/* BYE of two */
	0x82, 203, 0, 2, 0x11, 0x22, 0x33, 0x44, 0xAA, 0xBB, 0xCC, 0xDD};

static enum gw_drop parse(const uint8_t *data, uint32_t size, struct rtcp *rtcp)
{
	/* Of the exact size, so that a sanitizer sees a read past the end. */
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	const enum gw_drop drop = rtcp_parse(copy, size, rtcp);

	rtcp->leaving = NULL;
	free(copy);
	return drop;
}

static void a_compound_packet_says_time_and_who_leaves(void **state)
{
	struct rtcp rtcp;

	assert_true(rtcp_is(compound, sizeof(compound)));
	assert_int_equal(rtcp_parse(compound, sizeof(compound), &rtcp), GW_DROP_NONE);
	assert_int_equal(rtcp.ssrc, 0x11223344);
	assert_true(rtcp.has_sender);
	assert_int_equal(rtcp.ntp, UINT64_C(0xE900000080000000));
	assert_int_equal(rtcp.timestamp, 90000);
	assert_true(rtcp_leaves(&rtcp, 0x11223344));
	assert_true(rtcp_leaves(&rtcp, 0xAABBCCDD));
	assert_false(rtcp_leaves(&rtcp, 1));
}

static void a_compound_packet_cut_anywhere_is_believed_whole_or_not_at_all(void **state)
{
	struct rtcp rtcp;

	for (uint32_t size = 0; size < sizeof(compound); size++) {
		const bool ends_with_a_part = size == 28 || size == 40;

		assert_int_equal(parse(compound, size, &rtcp),
			ends_with_a_part ? GW_DROP_NONE : GW_DROP_RTCP_BAD);
	}
}

static void what_is_announced_must_be_there(void **state)
{
	uint8_t copy[sizeof(compound)];
	struct rtcp rtcp;

	memcpy(copy, compound, sizeof(copy));
	copy[0] = 0x81; /* a block that the length has no room for */
	assert_int_equal(parse(copy, sizeof(copy), &rtcp), GW_DROP_RTCP_BAD);
	memcpy(copy, compound, sizeof(copy));
	copy[40] = 0x83; /* three leave, two are named */
	assert_int_equal(parse(copy, sizeof(copy), &rtcp), GW_DROP_RTCP_BAD);
	memcpy(copy, compound, sizeof(copy));
	copy[28] = 0x41; /* another version in the middle */
	assert_int_equal(parse(copy, sizeof(copy), &rtcp), GW_DROP_RTCP_BAD);
	memcpy(copy, compound, sizeof(copy));
	copy[3] = 0xFF;
	assert_int_equal(parse(copy, sizeof(copy), &rtcp), GW_DROP_RTCP_BAD);
}

static void only_the_last_part_may_be_padded(void **state)
{
	uint8_t padded[sizeof(compound) + 4];
	struct rtcp rtcp;

	memcpy(padded, compound, sizeof(compound));
	memset(padded + sizeof(compound), 0, 4);
	padded[40] |= 0x20;
	padded[43] += 1;
	padded[sizeof(padded) - 1] = 4;
	assert_int_equal(parse(padded, sizeof(padded), &rtcp), GW_DROP_NONE);
	for (int padding = 0; padding < 256; padding++) {
		padded[sizeof(padded) - 1] = (uint8_t)padding;
		/* Less than the part, and never what it must say. */
		assert_int_equal(parse(padded, sizeof(padded), &rtcp),
			padding == 4 ? GW_DROP_NONE : GW_DROP_RTCP_BAD);
	}
	padded[sizeof(padded) - 1] = 4;
	padded[28] |= 0x20;
	assert_int_equal(parse(padded, sizeof(padded), &rtcp), GW_DROP_RTCP_BAD);
}

static void reports_are_told_from_pictures(void **state)
{
	uint8_t packet[12] = {0x80};

	for (int type = 0; type < 256; type++) {
		packet[1] = (uint8_t)type;
		assert_int_equal(rtcp_is(packet, sizeof(packet)), type >= 200 && type < 212);
	}
	packet[1] = 200;
	packet[0] = 0x40;
	assert_false(rtcp_is(packet, sizeof(packet)));
	packet[0] = 0x80;
	assert_false(rtcp_is(packet, 7));
}

static void times_of_both_eras_are_read(void **state)
{
	/* 2023-11-14 22:13:20.5 */
	assert_int_equal(rtcp_utc((UINT64_C(1700000000) + 2208988800) << 32 | 0x80000000),
		INT64_C(1700000000500000000));
	/* The first second of era 1: 2036-02-07 06:28:16. */
	assert_int_equal(rtcp_utc(0), INT64_C(2085978496) * GW_NS_PER_S);
	/* 1970 */
	assert_int_equal(rtcp_utc(UINT64_C(2208988800) << 32), 0);
}

static void a_report_that_is_written_can_be_read(void **state)
{
	const struct rtcp_report report = {
		.from = 1,
		.about = 2,
		.fraction_lost = 128,
		.lost = 0x123456,
		.highest = 0x0001FFFF,
		.jitter = 45,
		.last_sender = 0xABCDEF01,
		.delay = 65536,
	};
	char name[RTCP_NAME + 10];

	for (uint32_t length = 0; length < sizeof(name); length++) {
		uint8_t packet[RTCP_REPORT_SIZE];
		struct rtcp rtcp;

		memset(name, 'n', length);
		name[length] = '\0';
		if (length == sizeof(name) - 1)
			break;
		const uint32_t size = rtcp_write(&report, name, packet);

		assert_true(size <= sizeof(packet));
		assert_int_equal(parse(packet, size, &rtcp), GW_DROP_NONE);
		assert_int_equal(rtcp.ssrc, 1);
		assert_false(rtcp.has_sender);
		assert_int_equal(packet[1], 201);
		assert_int_equal(read_be32(packet + 8), 2);
		assert_int_equal(read_be32(packet + 12), 0x80123456);
		assert_int_equal(read_be32(packet + 16), 0x0001FFFF);
		assert_int_equal(read_be32(packet + 20), 45);
		assert_int_equal(read_be32(packet + 24), 0xABCDEF01);
		assert_int_equal(read_be32(packet + 28), 65536);
		assert_int_equal(packet[33], 202);
		assert_int_equal(packet[40], 1);
		assert_int_equal(packet[41], length < RTCP_NAME ? length : RTCP_NAME);
		/* The list ends. */
		assert_int_equal(packet[42 + packet[41]], 0);
	}
}

static void a_loss_that_24_bits_cannot_say_is_the_largest_they_can(void **state)
{
	const struct rtcp_report report = {.lost = 0x1000000};
	uint8_t packet[RTCP_REPORT_SIZE];

	rtcp_write(&report, "n", packet);
	assert_int_equal(read_be32(packet + 12), 0x7FFFFF);
}

static void reports_are_5_seconds_apart_and_never_in_step(void **state)
{
	const uint64_t usual = 250000; /* bytes a second */

	assert_in_range(
		rtcp_interval(usual, 100, false, 0), 2050 * GW_NS_PER_MS, 2055 * GW_NS_PER_MS);
	assert_in_range(rtcp_interval(usual, 100, false, UINT32_MAX), 6155 * GW_NS_PER_MS,
		6160 * GW_NS_PER_MS);
	assert_in_range(rtcp_interval(usual, 100, true, 1u << 31), 2050 * GW_NS_PER_MS,
		2055 * GW_NS_PER_MS);
	/* 128 bytes are 3.75 % of 100 bytes a second for 34 s. */
	assert_in_range(
		rtcp_interval(100, 100, false, 1u << 31), 28 * GW_NS_PER_S, 29 * GW_NS_PER_S);
	assert_in_range(
		rtcp_interval(0, 100, false, UINT32_MAX), 140 * GW_NS_PER_S, 150 * GW_NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compound_packet_says_time_and_who_leaves),
		cmocka_unit_test(a_compound_packet_cut_anywhere_is_believed_whole_or_not_at_all),
		cmocka_unit_test(what_is_announced_must_be_there),
		cmocka_unit_test(only_the_last_part_may_be_padded),
		cmocka_unit_test(reports_are_told_from_pictures),
		cmocka_unit_test(times_of_both_eras_are_read),
		cmocka_unit_test(a_report_that_is_written_can_be_read),
		cmocka_unit_test(a_loss_that_24_bits_cannot_say_is_the_largest_they_can),
		cmocka_unit_test(reports_are_5_seconds_apart_and_never_in_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
