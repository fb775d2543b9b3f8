#include "core/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/packet.h"

/* A datagram of five bytes from 10.0.0.1 to 10.0.0.2:5004. */
static const uint8_t ethernet[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t ipv4[20] = {
	0x45, 0, 0, 33, 0, 0, 0x40, 0, 64, 17, 0x26, 0xCA, 10, 0, 0, 1, 10, 0, 0, 2};
static const uint8_t udp[13] = {0x9C, 0x40, 0x13, 0x8C, 0, 13, 0xF8, 0x32, 'h', 'e', 'l', 'l', 'o'};

struct bytes {
	uint8_t data[256];
	uint32_t size;
};

static void append(struct bytes *bytes, const void *data, uint32_t size)
{
	if (size > 0)
		memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static void append_type(struct bytes *bytes, uint16_t type)
{
	const uint8_t data[2] = {(uint8_t)(type >> 8), (uint8_t)type};

	append(bytes, data, 2);
}

static struct bytes plain(void)
{
	struct bytes bytes = {.size = 0};

	append(&bytes, ethernet, 12);
	append_type(&bytes, 0x0800);
	append(&bytes, ipv4, 20);
	append(&bytes, udp, 13);
	return bytes;
}

/* An IPv6 packet whose extension headers are `extensions`. */
static struct bytes version6(uint8_t first, const uint8_t *extensions, uint32_t size)
{
	struct bytes bytes = {.size = 0};
	uint8_t header[40] = {0x60, 0, 0, 0, 0, (uint8_t)(size + 13), first, 64};

	header[8 + 15] = 1;
	header[24 + 15] = 2;
	append(&bytes, ethernet, 12);
	append_type(&bytes, 0x86DD);
	append(&bytes, header, 40);
	append(&bytes, extensions, size);
	append(&bytes, udp, 13);
	return bytes;
}

static enum gw_drop parse(const struct bytes *bytes, struct packet *packet)
{
	/* The exact size, for sanitizers. What is found points into it: nothing but numbers is used
	 * afterwards. */
	uint8_t *copy = malloc(bytes->size ? bytes->size : 1);

	memcpy(copy, bytes->data, bytes->size);
	const enum gw_drop drop = packet_parse(copy, bytes->size, PACKET_IP_CHECK, packet);

	free(copy);
	return drop;
}

static void a_plain_datagram_is_found(void **state)
{
	const struct bytes bytes = plain();
	struct packet packet;

	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_int_equal(packet.flow.family, AF_INET);
	assert_int_equal(packet.flow.port, 5004);
	assert_memory_equal(packet.flow.source, "\12\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_memory_equal(packet.flow.destination, "\12\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(packet.size, 5);
	assert_memory_equal(packet.payload, "hello", 5);
	assert_true(packet_udp_checksum_ok(&packet));
}

static void one_or_two_vlan_tags_are_skipped_and_no_more(void **state)
{
	static const uint16_t outer[] = {0x8100, 0x88A8, 0x9100};
	struct packet packet;

	for (uint32_t i = 0; i < 3; i++) {
		for (int tags = 1; tags <= 3; tags++) {
			struct bytes bytes = {.size = 0};

			append(&bytes, ethernet, 12);
			for (int t = 0; t < tags; t++) {
				append_type(&bytes, t == 0 ? outer[i] : 0x8100);
				append_type(&bytes, 7);
			}
			append_type(&bytes, 0x0800);
			append(&bytes, ipv4, 20);
			append(&bytes, udp, 13);
			assert_int_equal(
				parse(&bytes, &packet), tags <= 2 ? GW_DROP_NONE : GW_DROP_NOT_IP);
		}
	}
}

static void ip_options_are_skipped(void **state)
{
	struct bytes bytes = {.size = 0};
	uint8_t header[24];
	struct packet packet;

	memcpy(header, ipv4, 20);
	memset(header + 20, 1, 4);
	header[0] = 0x46;
	header[3] = 37;
	append(&bytes, ethernet, 12);
	append_type(&bytes, 0x0800);
	append(&bytes, header, 24);
	append(&bytes, udp, 13);
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), GW_DROP_NONE);
	assert_memory_equal(packet.payload, "hello", 5);
}

static void padding_of_short_frames_is_not_part_of_the_datagram(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	append(&bytes, "paddingpadding", 14);
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_int_equal(packet.size, 5);
}

static void a_wrong_header_checksum_is_found_when_it_is_asked_for(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	bytes.data[14 + 8]--;
	assert_int_equal(packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet),
		GW_DROP_IP_CHECKSUM);
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), GW_DROP_NONE);
}

static void a_wrong_udp_checksum_is_found_at_every_bit(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	for (uint32_t bit = 8 * (14 + 20); bit < 8 * bytes.size; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet) == GW_DROP_NONE)
			assert_false(packet_udp_checksum_ok(&packet));
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes.data[14 + 20 + 6] = bytes.data[14 + 20 + 7] = 0;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_true(packet_udp_checksum_ok(&packet));
}

static void an_unfinished_checksum_is_recognised(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_false(packet_udp_checksum_unfinished(&packet));
	/* 10.0 + 0.1 + 10.0 + 0.2 + protocol 17 + length 13 */
	bytes.data[14 + 20 + 6] = 0x14;
	bytes.data[14 + 20 + 7] = 0x03 + 17 + 13;
	assert_true(packet_udp_checksum_unfinished(&packet));
	assert_false(packet_udp_checksum_ok(&packet));
}

static void fragments_are_told_from_whole_packets(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	bytes.data[14 + 4] = 0x12;
	bytes.data[14 + 5] = 0x34;
	bytes.data[14 + 6] = 0x20;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), PACKET_IS_FRAGMENT);
	assert_int_equal(packet.fragment.id, 0x1234);
	assert_int_equal(packet.fragment.offset, 0);
	assert_true(packet.fragment.more);
	assert_int_equal(packet.flow.port, 0);
	assert_int_equal(packet.size, 8 + 5);
	assert_ptr_equal(packet.payload, bytes.data + 14 + 20);
	bytes.data[14 + 6] = 0x1F;
	bytes.data[14 + 7] = 0xFF;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), PACKET_IS_FRAGMENT);
	assert_int_equal(packet.fragment.offset, 65528);
	assert_false(packet.fragment.more);
	/* Of something else: nothing is kept for it. */
	bytes.data[14 + 9] = 1;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), GW_DROP_NOT_UDP);
}

static void lengths_that_lie_are_refused(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	bytes.data[14] = 0x44;
	assert_int_equal(parse(&bytes, &packet), GW_DROP_IP_BAD);
	bytes.data[14] = 0x4F;
	assert_int_equal(parse(&bytes, &packet), GW_DROP_IP_BAD);
	bytes = plain();
	bytes.data[14 + 3] = 19;
	assert_int_equal(parse(&bytes, &packet), GW_DROP_IP_BAD);
	bytes = plain();
	bytes.data[14 + 20 + 5] = 14;
	assert_int_equal(parse(&bytes, &packet), GW_DROP_UDP_BAD);
	bytes.data[14 + 20 + 5] = 7;
	assert_int_equal(parse(&bytes, &packet), GW_DROP_UDP_BAD);
}

static void a_packet_that_was_cut_is_told_from_a_malformed_one(void **state)
{
	struct bytes bytes = plain();
	struct packet packet;

	for (uint32_t cut = 1; cut <= 13; cut++) {
		struct bytes shorter = bytes;

		shorter.size -= cut;
		assert_int_equal(packet_parse(shorter.data, shorter.size, PACKET_IP_CHECK, &packet),
			GW_DROP_CUT_SHORT);
	}
	/* Who cannot be believed was not cut. */
	bytes.data[14 + 3]++;
	assert_int_equal(packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet),
		GW_DROP_IP_CHECKSUM);
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), GW_DROP_CUT_SHORT);
	bytes = version6(17, NULL, 0);
	bytes.size--;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_CUT_SHORT);
}

static void ipv6_is_parsed_with_its_extension_headers(void **state)
{
	static const uint8_t extensions[] = {
		43, 0, 1, 4, 0, 0, 0, 0, /* hop-by-hop, 8 bytes */
		60, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* routing, 16 bytes */
		44, 0, 1, 4, 0, 0, 0, 0, /* destination options */
		17, 0, 0, 0, 1, 2, 3, 4, /* fragment header of a whole packet */
	};
	struct bytes bytes = version6(0, extensions, sizeof(extensions));
	struct packet packet;

	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_int_equal(packet.flow.family, AF_INET6);
	assert_int_equal(((const uint8_t *)packet.flow.destination)[15], 2);
	assert_memory_equal(packet.payload, "hello", 5);
	bytes.data[14 + 40 + 32 + 2] = 1;
	bytes.data[14 + 40 + 32 + 3] = 1;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_TRUST, &packet), PACKET_IS_FRAGMENT);
	assert_int_equal(packet.fragment.id, 0x01020304);
	assert_int_equal(packet.fragment.offset, 256);
	assert_true(packet.fragment.more);
	assert_int_equal(packet.fragment.next_header, 17);
	assert_ptr_equal(packet.payload, bytes.data + 14 + 40 + 40);
	bytes = version6(17, NULL, 0);
	assert_int_equal(parse(&bytes, &packet), GW_DROP_NONE);
	bytes = version6(58, NULL, 0);
	assert_int_equal(parse(&bytes, &packet), GW_DROP_NOT_UDP);
}

static void extension_headers_without_end_are_given_up(void **state)
{
	uint8_t extensions[9 * 8] = {0};

	for (int i = 0; i < 9; i++)
		extensions[8 * i] = i == 8 ? 17 : 60;
	const struct bytes bytes = version6(60, extensions, sizeof(extensions));
	struct packet packet;

	assert_int_equal(parse(&bytes, &packet), GW_DROP_IP_BAD);
}

static void ipv6_needs_a_udp_checksum(void **state)
{
	struct bytes bytes = version6(17, NULL, 0);
	struct packet packet;

	bytes.data[14 + 40 + 6] = bytes.data[14 + 40 + 7] = 0;
	assert_int_equal(
		packet_parse(bytes.data, bytes.size, PACKET_IP_CHECK, &packet), GW_DROP_NONE);
	assert_false(packet_udp_checksum_ok(&packet));
}

static void a_cut_packet_is_never_read_past_its_end(void **state)
{
	static const uint8_t extension[8] = {17, 0, 1, 4};
	const struct bytes whole[] = {plain(), version6(0, extension, 8)};
	struct packet packet;

	for (int i = 0; i < 2; i++) {
		for (uint32_t size = 0; size < whole[i].size; size++) {
			struct bytes cut = whole[i];

			cut.size = size;
			assert_int_not_equal(parse(&cut, &packet), GW_DROP_NONE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_datagram_is_found),
		cmocka_unit_test(one_or_two_vlan_tags_are_skipped_and_no_more),
		cmocka_unit_test(ip_options_are_skipped),
		cmocka_unit_test(padding_of_short_frames_is_not_part_of_the_datagram),
		cmocka_unit_test(a_wrong_header_checksum_is_found_when_it_is_asked_for),
		cmocka_unit_test(a_wrong_udp_checksum_is_found_at_every_bit),
		cmocka_unit_test(an_unfinished_checksum_is_recognised),
		cmocka_unit_test(fragments_are_told_from_whole_packets),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(a_packet_that_was_cut_is_told_from_a_malformed_one),
		cmocka_unit_test(ipv6_is_parsed_with_its_extension_headers),
		cmocka_unit_test(extension_headers_without_end_are_given_up),
		cmocka_unit_test(ipv6_needs_a_udp_checksum),
		cmocka_unit_test(a_cut_packet_is_never_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
