/* What kind a packet is that goes to the kernel. */
#include "core/test.h"

#include <string.h>

#include "dataplane/punt_class.h"

static enum punt_class of(uint16_t type, const uint8_t *rest, uint32_t size)
{
	uint8_t packet[256] = {[12] = (uint8_t)(type >> 8), [13] = (uint8_t)type};

	memcpy(packet + 14, rest, size);
	return punt_classify(packet, 14 + size);
}

static enum punt_class ipv4(uint8_t protocol, uint16_t port)
{
	const uint8_t packet[28] = {
		0x45, [9] = protocol, [22] = (uint8_t)(port >> 8), [23] = (uint8_t)port};

	return of(0x0800, packet, sizeof(packet));
}

static enum punt_class icmpv6(uint8_t type)
{
	const uint8_t packet[44] = {0x60, [6] = 58, [40] = type};

	return of(0x86DD, packet, sizeof(packet));
}

static void every_kind_is_told(void **state)
{
	const uint8_t arp[28] = {0, 1};
	const uint8_t tagged[32] = {0, 7, 0x08, 0x06};
	const uint8_t mld[56] = {0x60, [6] = 0, [40] = 58, [48] = 143};

	assert_int_equal(of(0x0806, arp, sizeof(arp)), PUNT_NEIGHBOUR);
	assert_int_equal(of(0x8100, tagged, sizeof(tagged)), PUNT_NEIGHBOUR);
	assert_int_equal(of(0x88CC, arp, sizeof(arp)), PUNT_OTHER);
	assert_int_equal(ipv4(1, 0), PUNT_ICMP);
	assert_int_equal(ipv4(2, 0), PUNT_GROUP);
	assert_int_equal(ipv4(6, 554), PUNT_TCP);
	assert_int_equal(ipv4(17, 68), PUNT_DHCP);
	assert_int_equal(ipv4(17, 5353), PUNT_UDP);
	assert_int_equal(ipv4(47, 0), PUNT_OTHER);
	assert_int_equal(icmpv6(135), PUNT_NEIGHBOUR);
	assert_int_equal(icmpv6(128), PUNT_ICMP);
	assert_int_equal(icmpv6(130), PUNT_GROUP);
	assert_int_equal(of(0x86DD, mld, sizeof(mld)), PUNT_GROUP);
}

static void what_is_cut_is_read_as_far_as_it_goes(void **state)
{
	const uint8_t mld[56] = {0x60, [6] = 0, [40] = 58, [48] = 143};
	uint8_t packet[70] = {[12] = 0x86, [13] = 0xDD};

	memcpy(packet + 14, mld, sizeof(mld));
	for (uint32_t size = 0; size < sizeof(packet); size++) {
		uint8_t copy[70];

		memset(copy, 0xFF, sizeof(copy));
		memcpy(copy, packet, size);
		assert_true(punt_classify(copy, size) < PUNT_CLASS_COUNT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_told),
		cmocka_unit_test(what_is_cut_is_read_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
