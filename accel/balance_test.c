#include "core/test.h"

#include "accel/balance.h"

static void equal_shares_are_fair_and_one_that_has_all_is_not(void **state)
{
	const double equal[] = {7, 7, 7, 7}, one[] = {0, 9, 0, 0}, two[] = {5, 0, 5, 0};

	assert_float_equal(balance_jain(equal, 4), 1, 1e-9);
	assert_float_equal(balance_jain(one, 4), 0.25, 1e-9);
	assert_float_equal(balance_jain(two, 4), 0.5, 1e-9);
}

static void it_does_not_depend_on_the_unit(void **state)
{
	const double few[] = {1, 2, 3}, many[] = {1e9, 2e9, 3e9};

	assert_float_equal(balance_jain(few, 3), 36.0 / 42, 1e-9);
	assert_float_equal(balance_jain(many, 3), balance_jain(few, 3), 1e-9);
}

static void nothing_is_shared_evenly(void **state)
{
	const double none[] = {0, 0};

	assert_float_equal(balance_jain(none, 2), 1, 0);
	assert_float_equal(balance_jain(none, 0), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_shares_are_fair_and_one_that_has_all_is_not),
		cmocka_unit_test(it_does_not_depend_on_the_unit),
		cmocka_unit_test(nothing_is_shared_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
