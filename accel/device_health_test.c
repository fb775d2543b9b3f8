#include "core/test.h"

#include "accel/device_health.h"

static void one_that_never_failed_may_have_all_it_likes(void **state)
{
	struct device_health health = {0};

	for (int i = 0; i < 3; i++) {
		assert_true(device_health_may_have(&health, i));
		device_health_given(&health);
	}
}

static void after_a_failure_it_rests_and_then_gets_one_batch(void **state)
{
	struct device_health health = {0};
	const int64_t now = 5 * GW_NS_PER_S, pause = device_health_failed(&health, now);

	assert_in_range(pause, GW_NS_PER_S * 3 / 4, GW_NS_PER_S * 5 / 4);
	assert_false(device_health_may_have(&health, now));
	assert_false(device_health_may_have(&health, now + pause - 1));
	assert_true(device_health_may_have(&health, now + pause));
	device_health_given(&health);
	assert_false(device_health_may_have(&health, now + 2 * pause));
	device_health_well(&health);
	assert_true(device_health_may_have(&health, now));
}

static void pauses_double_up_to_a_minute_and_are_spread(void **state)
{
	struct device_health health = {.chance = 7}, other = {.chance = 8};
	int64_t expected = GW_NS_PER_S;
	bool differ = false;

	for (int i = 0; i < 40; i++) {
		const int64_t pause = device_health_failed(&health, 0);

		assert_in_range(pause, expected * 3 / 4, expected * 5 / 4);
		differ = differ || device_health_failed(&other, 0) != pause;
		device_health_given(&health);
		expected =
			expected * 2 < DEVICE_PAUSE_MOST_NS ? expected * 2 : DEVICE_PAUSE_MOST_NS;
	}
	assert_true(differ);
	/* It begins anew once it was well. */
	device_health_well(&health);
	assert_true(device_health_failed(&health, 0) <= GW_NS_PER_S * 5 / 4);
}

static void patience_is_ten_times_the_expected_and_a_second_at_least(void **state)
{
	assert_int_equal(device_health_patience(0), GW_NS_PER_S);
	assert_int_equal(device_health_patience(50 * GW_NS_PER_MS), GW_NS_PER_S);
	assert_int_equal(device_health_patience(GW_NS_PER_S), 10 * GW_NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_never_failed_may_have_all_it_likes),
		cmocka_unit_test(after_a_failure_it_rests_and_then_gets_one_batch),
		cmocka_unit_test(pauses_double_up_to_a_minute_and_are_spread),
		cmocka_unit_test(patience_is_ten_times_the_expected_and_a_second_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
