#include "core/config/address.h"

#include <sys/socket.h>

#include "core/test.h"

static const char *no_source(const char *text)
{
	struct gw_address address;

	assert_true(gw_address_parse(text, &address));
	return gw_address_no_source(&address);
}

static void only_an_address_of_one_machine_is_a_source(void **state)
{
	static const char *const good[] = {"10.0.0.1", "223.255.255.254", "255.255.255.254",
		"0.0.0.1", "127.0.0.1", "2001:db8::1", "fe80::1", "::1"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(no_source(good[i]));
	assert_string_equal(no_source("224.0.0.1"), "a multicast group");
	assert_string_equal(no_source("239.255.255.255"), "a multicast group");
	assert_string_equal(no_source("ff3e::1"), "a multicast group");
	assert_string_equal(no_source("255.255.255.255"), "the broadcast address");
	assert_string_equal(no_source("0.0.0.0"), "the address of nobody");
	assert_string_equal(no_source("::"), "the address of nobody");
}

static void what_is_no_address_is_not_read(void **state)
{
	static const char *const bad[] = {"", "10.0.0", "10.0.0.256", "door", "2001:db8::1::"};
	struct gw_address address;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gw_address_parse(bad[i], &address));
}

static void a_port_stands_behind_an_address(void **state)
{
	static const char *const bad[] = {"", ":", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0",
		"10.0.0.1:65536", "10.0.0.1:99999999999999999999", "10.0.0.1:+1", "10.0.0.1: 1",
		"::1:80", "[::1]", "[::1", "[::1]80", "[]:80", "[:80", "]:80", "[10.0.0.1]:80",
		"localhost:80", ":80",
		"[2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80"};
	struct gw_address address;
	uint16_t port;

	assert_true(gw_address_parse_with_port("10.0.0.1:8443", &address, &port));
	assert_int_equal(address.family, AF_INET);
	assert_int_equal(port, 8443);
	assert_true(gw_address_parse_with_port("[::1]:65535", &address, &port));
	assert_int_equal(address.family, AF_INET6);
	assert_int_equal(port, 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gw_address_parse_with_port(bad[i], &address, &port));
}

static void addresses_of_groups_are_told(void **state)
{
	assert_true(gw_address_is_group(&(struct gw_address){AF_INET, {224}}));
	assert_true(gw_address_is_group(&(struct gw_address){AF_INET, {239, 255}}));
	assert_false(gw_address_is_group(&(struct gw_address){AF_INET, {240}}));
	assert_false(gw_address_is_group(&(struct gw_address){AF_INET, {192, 0, 2, 1}}));
	assert_true(gw_address_is_group(&(struct gw_address){AF_INET6, {0xFF, 2}}));
	assert_false(gw_address_is_group(&(struct gw_address){AF_INET6, {0xFE, 0x80}}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_address_of_one_machine_is_a_source),
		cmocka_unit_test(what_is_no_address_is_not_read),
		cmocka_unit_test(a_port_stands_behind_an_address),
		cmocka_unit_test(addresses_of_groups_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
