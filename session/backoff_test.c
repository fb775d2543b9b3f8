#include "core/test.h"

#include "core/clock.h"
#include "session/backoff.h"

static void it_doubles_up_to_a_minute(void **state)
{
	struct backoff backoff;

	backoff_init(&backoff, 7);
	for (int64_t whole = GW_NS_PER_S; backoff.failures < 20; whole *= 2) {
		if (whole > 60 * GW_NS_PER_S)
			whole = 60 * GW_NS_PER_S;
		const int64_t wait = backoff_failed(&backoff, 0);

		assert_in_range(wait, whole / 2, whole);
	}
	backoff_succeeded(&backoff);
	assert_in_range(backoff_failed(&backoff, 0), GW_NS_PER_S / 2, GW_NS_PER_S);
	assert_in_range(
		backoff_failed(&backoff, 30 * GW_NS_PER_S), 15 * GW_NS_PER_S, 30 * GW_NS_PER_S);
}

/* 200 that fail together come back over the whole of the interval. */
static void those_that_fail_together_do_not_come_back_together(void **state)
{
	uint32_t tenth[10] = {0};

	for (uint32_t i = 0; i < 200; i++) {
		struct backoff backoff;

		backoff_init(&backoff, 0x9E3779B97F4A7C15u * (i + 1));
		backoff.failures = 5;
		const int64_t wait = backoff_failed(&backoff, 0) - 16 * GW_NS_PER_S;

		tenth[wait * 10 / (16 * GW_NS_PER_S + 1)]++;
	}
	for (uint32_t i = 0; i < 10; i++)
		assert_in_range(tenth[i], 5, 45);
}

static void a_seed_of_nothing_is_random_too(void **state)
{
	struct backoff backoff;

	backoff_init(&backoff, 0);
	const int64_t first = backoff_random(&backoff, INT64_MAX - 1);

	assert_int_not_equal(first, backoff_random(&backoff, INT64_MAX - 1));
	assert_int_equal(backoff_random(&backoff, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_doubles_up_to_a_minute),
		cmocka_unit_test(those_that_fail_together_do_not_come_back_together),
		cmocka_unit_test(a_seed_of_nothing_is_random_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
