/* More boxes than are kept: the best stay, in their order. */
#include "accel/heads/best.h"

#include "core/test.h"

#define MANY (4 * CANDIDATES)

static struct best best;
static float confidence[MANY];

/* Every confidence comes twice. */
static int make(void **state)
{
	uint32_t random = 1;

	best.count = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		const uint32_t pair = i / 2;

		confidence[i] = (float)pair / MANY;
	}
	for (uint32_t i = MANY - 1; i > 0; i--) {
		random = random * 1664525 + 1013904223;
		const uint32_t with = (random >> 8) % (i + 1);
		const float kept = confidence[i];

		confidence[i] = confidence[with];
		confidence[with] = kept;
	}
	return 0;
}

static void keep(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		best_keep(&best,
			&(struct candidate){.confidence = confidence[i], .order = i, .at = i});
	best_sort(&best);
}

static void assert_sorted(void)
{
	for (uint32_t i = 1; i < best.count; i++) {
		const struct candidate *before = &best.list[i - 1], *after = &best.list[i];

		assert_true(before->confidence >= after->confidence);
		if (!(before->confidence > after->confidence))
			assert_true(before->order < after->order);
		assert_float_equal(after->confidence, confidence[after->at], 0);
	}
}

static void few_are_all_kept_the_best_first(void **state)
{
	keep(100);
	assert_int_equal(best.count, 100);
	assert_sorted();
}

static void of_many_the_best_are_kept(void **state)
{
	keep(MANY);
	assert_int_equal(best.count, CANDIDATES);
	assert_sorted();
	for (uint32_t i = 0; i < CANDIDATES; i++) {
		const uint32_t pair = (MANY - 1 - i) / 2;

		assert_float_equal(best.list[i].confidence, (float)pair / MANY, 0);
	}
}

static void of_equals_the_first_are_kept(void **state)
{
	for (uint32_t i = 0; i < MANY; i++)
		confidence[i] = 0.5f;
	keep(MANY);
	for (uint32_t i = 0; i < CANDIDATES; i++)
		assert_int_equal(best.list[i].order, i);
}

static void none_is_none(void **state)
{
	keep(0);
	assert_int_equal(best.count, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(few_are_all_kept_the_best_first),
		TEST(of_many_the_best_are_kept),
		TEST(of_equals_the_first_are_kept),
		TEST(none_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
