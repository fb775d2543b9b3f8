#include "core/test.h"

#include "dataplane/sequence.h"

static enum sequence_verdict put(struct sequence *s, uint16_t number, uint32_t *missing)
{
	uint64_t extended;
	const enum sequence_verdict verdict = sequence_check(s, number, &extended);

	if (verdict == SEQUENCE_AHEAD || verdict == SEQUENCE_BEHIND)
		*missing += sequence_mark(s, extended);
	return verdict;
}

static void numbers_in_order_miss_nothing_through_every_wrap(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0;

	sequence_restart(&s, 65000);
	for (uint32_t i = 0; i < 200000; i++)
		assert_int_equal(put(&s, (uint16_t)(65000 + i), &missing), SEQUENCE_AHEAD);
	assert_int_equal(missing + sequence_flush(&s), 0);
}

static void every_missing_number_is_counted_once(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0, lost = 0;

	sequence_restart(&s, 0);
	for (uint32_t i = 0; i < 100000; i++) {
		if (i % 97 == 5 || (i > 5000 && i < 5300)) {
			lost++;
			continue;
		}
		put(&s, (uint16_t)i, &missing);
	}
	missing += sequence_flush(&s);
	assert_int_equal(missing, lost);
	assert_int_equal(sequence_flush(&s), 0);
}

static void late_numbers_are_not_missing(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0;

	sequence_restart(&s, 10);
	for (uint32_t i = 10; i < 2000; i += 10) {
		for (uint32_t k = 10; k-- > 0;)
			assert_int_equal(put(&s, (uint16_t)(i + k), &missing),
				k == 9 ? SEQUENCE_AHEAD : SEQUENCE_BEHIND);
	}
	assert_int_equal(missing + sequence_flush(&s), 0);
}

static void a_number_that_came_is_seen_as_long_as_the_window_reaches(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0;

	sequence_restart(&s, 0);
	for (uint32_t i = 0; i < 10000; i++) {
		put(&s, (uint16_t)i, &missing);
		for (uint32_t back = 0; back < SEQUENCE_MAX_BACK && back <= i; back += 333)
			assert_int_equal(put(&s, (uint16_t)(i - back), &missing), SEQUENCE_SEEN);
	}
}

static void jumps_are_far(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0;

	sequence_restart(&s, 20000);
	put(&s, 20000, &missing);
	assert_int_equal(put(&s, 20000 + SEQUENCE_MAX_AHEAD, &missing), SEQUENCE_FAR);
	assert_int_equal(put(&s, 20000 - SEQUENCE_MAX_BACK, &missing), SEQUENCE_FAR);
	assert_int_equal(put(&s, 20000 + SEQUENCE_MAX_AHEAD - 1, &missing), SEQUENCE_AHEAD);
	/* What begins anew is newer than all before. */
	const uint64_t before = s.highest;

	sequence_restart(&s, 3);
	assert_int_equal(put(&s, 3, &missing), SEQUENCE_AHEAD);
	assert_true(s.highest > before);
	assert_int_equal((uint16_t)s.highest, 3);
}

static void what_is_skipped_is_missing(void **state)
{
	struct sequence s = {0};
	uint32_t missing = 0;

	sequence_restart(&s, 0);
	for (uint32_t i = 0; i < 300; i++)
		if (i != 290)
			put(&s, (uint16_t)i, &missing);
	missing += sequence_skip(&s, s.highest + 5001);
	assert_int_equal(missing, 1 + 5000);
	for (uint32_t i = 5300; i < 6000; i++)
		assert_int_equal(put(&s, (uint16_t)i, &missing), SEQUENCE_AHEAD);
	assert_int_equal(missing + sequence_flush(&s), 1 + 5000);
}

static void before_the_first_packet_nothing_is_missing(void **state)
{
	struct sequence s = {0};

	assert_int_equal(sequence_flush(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_order_miss_nothing_through_every_wrap),
		cmocka_unit_test(every_missing_number_is_counted_once),
		cmocka_unit_test(late_numbers_are_not_missing),
		cmocka_unit_test(a_number_that_came_is_seen_as_long_as_the_window_reaches),
		cmocka_unit_test(jumps_are_far),
		cmocka_unit_test(what_is_skipped_is_missing),
		cmocka_unit_test(before_the_first_packet_nothing_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
