/* Who guesses must wait, and nobody else. */
#include "mgmt/tokens/tries.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test.h"

#define S GW_NS_PER_S

static struct sockaddr *address(const char *text)
{
	static struct sockaddr_in four;
	static struct sockaddr_in6 six;

	if (strchr(text, ':')) {
		six.sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
		return (struct sockaddr *)&six;
	}
	four.sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, text, &four.sin_addr), 1);
	return (struct sockaddr *)&four;
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct tries));
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

/* How many wrong ones are looked at from there before one is not. */
static int guess(struct tries *tries, const char *from, int64_t now)
{
	int looked_at = 0;

	while (tries_may(tries, address(from), now)) {
		tries_wrong(tries, address(from), now);
		looked_at++;
	}
	return looked_at;
}

static void five_and_then_one_every_twelve_seconds(void **state)
{
	struct tries *tries = *state;

	assert_int_equal(guess(tries, "192.0.2.7", 100 * S), 5);
	assert_int_equal(guess(tries, "192.0.2.7", 111 * S), 0);
	assert_int_equal(guess(tries, "192.0.2.7", 112 * S), 1);
	assert_int_equal(guess(tries, "192.0.2.7", 136 * S), 2);
	assert_int_equal(guess(tries, "192.0.2.7", 1000 * S), 5);
}

static void others_do_not_wait_for_him(void **state)
{
	struct tries *tries = *state;

	assert_int_equal(guess(tries, "192.0.2.7", S), 5);
	assert_int_equal(guess(tries, "192.0.2.8", S), 5);
	assert_int_equal(guess(tries, "2001:db8::1", S), 5);
	assert_int_equal(guess(tries, "2001:db8:0:1::1", S), 5);
}

static void a_network_of_ipv6_is_one_who_guesses(void **state)
{
	struct tries *tries = *state;

	assert_int_equal(guess(tries, "2001:db8::1", S), 5);
	assert_int_equal(guess(tries, "2001:db8::2:1", S), 0);
	/* That of IPv4 within IPv6 is not one. */
	assert_int_equal(guess(tries, "::ffff:192.0.2.7", S), 5);
	assert_int_equal(guess(tries, "192.0.2.7", S), 0);
	assert_int_equal(guess(tries, "::ffff:192.0.2.8", S), 5);
}

static void whoever_was_wrong_longest_ago_is_forgotten_first(void **state)
{
	struct tries *tries = *state;
	char from[32];

	for (int i = 0; i < TRIES_ADDRESSES; i++) {
		snprintf(from, sizeof(from), "10.0.%d.%d", i / 200, i % 200);
		assert_int_equal(guess(tries, from, (1 + i) * S), 5);
	}
	assert_int_equal(guess(tries, "192.0.2.7", 300 * S), 5);
	/* The one before him has his place still. */
	assert_int_equal(guess(tries, from, 257 * S), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(five_and_then_one_every_twelve_seconds),
		TEST(others_do_not_wait_for_him),
		TEST(a_network_of_ipv6_is_one_who_guesses),
		TEST(whoever_was_wrong_longest_ago_is_forgotten_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
