#include "core/test.h"

#include "dataplane/lost_share.h"

static uint8_t next(struct lost_share *share, uint64_t expected, uint64_t lost, bool was_left_out)
{
	const struct reception_facts facts = {.expected = expected, .lost = lost};

	return lost_share_next(share, &facts, was_left_out);
}

static void each_report_tells_of_its_own_interval(void **state)
{
	struct lost_share share = {0};

	assert_int_equal(next(&share, 100, 50, false), 128);
	assert_int_equal(next(&share, 200, 50, false), 0);
	assert_int_equal(next(&share, 300, 75, false), 64);
	assert_int_equal(next(&share, 400, 175, false), 255);
	/* Packets that were given up came after all. */
	assert_int_equal(next(&share, 500, 170, false), 0);
	lost_share_begin(&share);
	assert_int_equal(next(&share, 100, 25, false), 64);
}

static void of_one_that_was_left_out_the_next_one_tells(void **state)
{
	struct lost_share share = {0};

	next(&share, 100, 0, false);
	assert_int_equal(next(&share, 200, 50, false), 128);
	/* Its fifty lost packets, and none of the hundred since. */
	assert_int_equal(next(&share, 300, 50, true), 64);
	assert_int_equal(next(&share, 350, 50, true), 51);
	assert_int_equal(next(&share, 450, 50, false), 0);
}

static void one_that_was_not_handed_on_is_told_by_the_next(void **state)
{
	struct lost_share share = {0};

	next(&share, 100, 0, false);
	assert_int_equal(next(&share, 200, 50, false), 128);
	lost_share_take_back(&share);
	assert_int_equal(next(&share, 300, 50, false), 64);
	assert_int_equal(next(&share, 400, 50, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_report_tells_of_its_own_interval),
		cmocka_unit_test(of_one_that_was_left_out_the_next_one_tells),
		cmocka_unit_test(one_that_was_not_handed_on_is_told_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
