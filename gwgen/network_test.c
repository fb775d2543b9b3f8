#include "core/test.h"

#include <arpa/inet.h>
#include <string.h>

#include "gwgen/network.h"

enum { ETHERNET = 14, IPV4 = 20, IPV6 = 40 };

static struct network over(bool is_ipv6)
{
	struct network network = {
		.to = {2, 0, 0, 0, 0, 2},
		.from = {2, 0, 0, 0, 0, 1},
		.is_ipv6 = is_ipv6,
		.source_port = 40000,
		.port = 5004,
		.udp_checksum = true,
	};

	inet_pton(is_ipv6 ? AF_INET6 : AF_INET, is_ipv6 ? "2001:db8::ffff:ffff" : "10.0.0.255",
		network.source);
	inet_pton(is_ipv6 ? AF_INET6 : AF_INET, is_ipv6 ? "ff15::1" : "239.1.2.3",
		network.destination);
	return network;
}

/* Writes a packet with an odd payload. Returns its size. */
static uint32_t write(const struct network *network, uint8_t *packet)
{
	uint8_t *payload = network_put(network, packet, 5);

	memcpy(payload, "whole", 5);
	network_finish(network, payload, 5, network_sum(0, payload, 5));
	assert_int_equal(payload - packet, network_headers(network));
	return (uint32_t)(payload - packet) + 5;
}

static void headers_are_right(bool is_ipv6)
{
	const uint32_t ip = is_ipv6 ? IPV6 : IPV4, addresses = is_ipv6 ? 32 : 8;
	struct network network = over(is_ipv6);
	uint8_t packet[128];
	const uint32_t size = write(&network, packet);
	const uint8_t *udp = packet + ETHERNET + ip;

	assert_int_equal(size, ETHERNET + ip + 8 + 5);
	assert_int_equal(network_ip_headers(&network), ip + 8);
	assert_memory_equal(packet + 12, is_ipv6 ? "\x86\xDD" : "\x08\x00", 2);
	assert_memory_equal(udp - addresses, network.source, addresses / 2);
	assert_memory_equal(udp - addresses / 2, network.destination, addresses / 2);
	assert_memory_equal(udp, "\x9C\x40\x13\x8C\x00\x0D", 6);
	/* The pseudo header, and all of UDP. */
	assert_int_equal(
		network_sum(network_sum(17 + 13, udp - addresses, addresses), udp, 13), 0xFFFF);
	if (is_ipv6)
		assert_memory_equal(packet + ETHERNET, "\x60\0\0\0\0\x0D\x11\x40", 8);
	else
		assert_int_equal(network_sum(0, packet + ETHERNET, IPV4), 0xFFFF);
	network.vlan = 42;
	assert_int_equal(write(&network, packet), size + 4);
	assert_memory_equal(packet + 12, "\x81\0\0\x2A", 4);
	network.outer = 7;
	assert_int_equal(write(&network, packet), size + 8);
	assert_memory_equal(packet + 12, "\x88\xA8\0\7\x81\0\0\x2A", 8);
}

static void packets_of_both_families_are_sound(void **state)
{
	headers_are_right(false);
	headers_are_right(true);
}

static void the_next_address_is_one_further_on(void **state)
{
	struct network network = over(false);
	char text[NETWORK_TEXT];

	network_move(&network, 1);
	assert_string_equal(network_text(&network, network.source, text), "10.0.1.0");
	network = over(true);
	network_move(&network, 0);
	assert_string_equal(network_text(&network, network.source, text), "2001:db8::ffff:ffff");
	inet_pton(AF_INET6, "2001:db8::ff", network.source);
	network_move(&network, 2);
	assert_string_equal(network_text(&network, network.source, text), "2001:db8::101");
	assert_string_equal(network_text(&network, network.destination, text), "ff15::1");
}

static void aims_at(const char *destination, const char *ethernet)
{
	static const uint8_t machine[6] = {2, 0, 0, 0, 0, 2};
	const bool is_ipv6 = strchr(destination, ':') != NULL;
	struct network network = {.is_ipv6 = is_ipv6};

	assert_int_equal(
		inet_pton(is_ipv6 ? AF_INET6 : AF_INET, destination, network.destination), 1);
	network_aim(&network, machine);
	assert_memory_equal(network.to, ethernet, 6);
}

/* RFC 1112, 6.4: the lower 23 bits. RFC 2464, 7: the last four bytes. */
static void groups_have_ethernet_addresses_of_their_own(void **state)
{
	aims_at("239.129.2.3", "\x01\x00\x5E\x01\x02\x03");
	aims_at("224.0.0.251", "\x01\x00\x5E\x00\x00\xFB");
	aims_at("ff15::1:2:8001", "\x33\x33\x00\x02\x80\x01");
	aims_at("255.255.255.255", "\xFF\xFF\xFF\xFF\xFF\xFF");
	aims_at("10.0.0.2", "\x02\x00\x00\x00\x00\x02");
	aims_at("240.0.0.1", "\x02\x00\x00\x00\x00\x02");
	aims_at("fe80::1", "\x02\x00\x00\x00\x00\x02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_both_families_are_sound),
		cmocka_unit_test(the_next_address_is_one_further_on),
		cmocka_unit_test(groups_have_ethernet_addresses_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
