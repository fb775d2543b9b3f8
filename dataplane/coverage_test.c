#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "dataplane/coverage.h"

static void spans_that_touch_become_one(void **state)
{
	struct coverage c = {.count = 0};

	assert_int_equal(coverage_add(&c, 10, 20), 10);
	assert_int_equal(coverage_add(&c, 30, 40), 10);
	assert_int_equal(c.count, 2);
	assert_int_equal(coverage_add(&c, 20, 30), 10);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.span[0].begin, 10);
	assert_int_equal(coverage_end(&c), 40);
}

static void bytes_that_were_there_are_not_counted_again(void **state)
{
	struct coverage c = {.count = 0};

	coverage_add(&c, 10, 20);
	coverage_add(&c, 30, 40);
	assert_int_equal(coverage_add(&c, 12, 18), 0);
	assert_int_equal(coverage_add(&c, 15, 35), 10);
	assert_int_equal(coverage_add(&c, 0, 100), 70);
	assert_int_equal(c.count, 1);
}

static void any_order_covers_the_same_bytes(void **state)
{
	uint32_t random = 3;

	for (int round = 0; round < 200; round++) {
		struct coverage c = {.count = 0};
		uint8_t covered[200] = {0};

		for (int i = 0; i < 60; i++) {
			random = random * 1664525 + 1013904223;
			const uint32_t begin = (random >> 8) % 190;
			const uint32_t end = begin + 1 + (random >> 20) % 10;
			int64_t added = 0;

			for (uint32_t k = begin; k < end; k++) {
				added += !covered[k];
				covered[k] = 1;
			}
			assert_int_equal(coverage_add(&c, begin, end), added);
		}
		/* The spans are exactly the runs, in order. */
		uint32_t at = 0;

		for (uint32_t i = 0; i < c.count; i++) {
			for (; at < c.span[i].begin; at++)
				assert_int_equal(covered[at], 0);
			for (; at < c.span[i].end; at++)
				assert_int_equal(covered[at], 1);
		}
		for (; at < 200; at++)
			assert_int_equal(covered[at], 0);
	}
}

static void too_many_gaps_are_refused(void **state)
{
	struct coverage c = {.count = 0};

	for (uint32_t i = 0; i < COVERAGE_SPANS; i++)
		assert_int_equal(coverage_add(&c, 2 * i, 2 * i + 1), 1);
	assert_int_equal(coverage_add(&c, 1000, 1001), -ENOSPC);
	assert_int_equal(coverage_add(&c, 1, 2), 1);
	assert_int_equal(coverage_add(&c, 1000, 1001), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_that_touch_become_one),
		cmocka_unit_test(bytes_that_were_there_are_not_counted_again),
		cmocka_unit_test(any_order_covers_the_same_bytes),
		cmocka_unit_test(too_many_gaps_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
