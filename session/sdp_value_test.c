#include "core/test.h"

#include <arpa/inet.h>
#include <string.h>

#include "session/sdp_value.h"

static void a_size_is_two_numbers(void **state)
{
	static const char *const bad[] = {"", "640", "640x480", "0-480", "640-0", "-640-480",
		"640--480", "65536-1", "1-65536", "640- ", "x-1"};
	uint16_t width = 7, height = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(sdp_read_size(bad[i], '-', &width, &height));
	assert_int_equal(width + height, 14);
	assert_true(sdp_read_size("640-480", '-', &width, &height));
	assert_true(width == 640 && height == 480);
	assert_true(sdp_read_size("65535,1", ',', &width, &height));
	assert_true(width == 65535 && height == 1);
}

static void a_clip_is_as_large_as_what_it_leaves(void **state)
{
	static const char *const bad[] = {
		"", "1,2,3", "9,9,1,1", "0,0,0,640", "0,0,70000,640", "a,0,480,640"};
	uint16_t width = 0, height = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(sdp_read_clip(bad[i], &width, &height));
	assert_true(sdp_read_clip("10,20,490,660", &width, &height));
	assert_true(width == 640 && height == 480);
}

static void a_rate_may_be_a_fraction(void **state)
{
	static const char *const bad[] = {"", "x", "0", "-1", "1001", "nan", "inf", "1/0", "1/x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(sdp_read_rate(bad[i]) == 0);
	assert_true(sdp_read_rate("12.5") == 12.5);
	assert_true(sdp_read_rate("50/2") == 25);
}

static void only_groups_are_of_interest(void **state)
{
	struct gw_address group = {0};

	sdp_read_group("IN IP4 192.0.2.1", &group);
	sdp_read_group("IN IP6 2001:db8::1", &group);
	sdp_read_group("IN IP4 999.1.2.3", &group);
	assert_int_equal(group.family, 0);
	sdp_read_group("IN IP4 239.1.2.3/16", &group);
	assert_int_equal(group.family, AF_INET);
	sdp_read_group("IN IP6 ff3e::7", &group);
	assert_int_equal(group.family, AF_INET6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_is_two_numbers),
		cmocka_unit_test(a_clip_is_as_large_as_what_it_leaves),
		cmocka_unit_test(a_rate_may_be_a_fraction),
		cmocka_unit_test(only_groups_are_of_interest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
