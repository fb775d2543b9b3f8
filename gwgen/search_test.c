/* The search against devices whose rate is known, and which are noisy in known ways. */
#include "gwgen/search.h"

#include "core/test.h"

#include <math.h>
#include <stdio.h>

#include "gwgen/random.h"

#define LEAST 1000.0
#define MOST 10e6

struct device {
	double rate; /* that it passes */
	double burst; /* packets that it stores, and passes at any rate */
	double spurious; /* chance of a loss at any rate, per second of a trial */
	double unsteady; /* its rate is another in each trial, by up to this share */
	struct random random;
	uint32_t trials, longs;
};

static const struct search_goal strict = {.loss_ratio = 0,
	.exceed_ratio = 0,
	.short_s = 1,
	.final_s = 30,
	.sum_s = 30,
	.width = 0.01};

static double try_device(struct device *device, double rate, double seconds)
{
	const double chance = random_share(&device->random);
	const double now = device->rate * (1 - device->unsteady * random_share(&device->random));
	const double lost = (rate - now) * seconds - device->burst;
	double ratio = lost > 0 ? lost / (rate * seconds) : 0;

	device->trials++;
	if (ratio == 0 && chance < 1 - pow(1 - device->spurious, seconds))
		ratio = 1e-6;
	return ratio;
}

static struct search_result run(struct device *device, const struct search_goal *goal)
{
	static struct search search;
	struct search_result result;
	struct search_trial trial = {0};

	search_begin(&search, goal, LEAST, MOST);
	while (search_next(&search, &trial.rate, &trial.seconds)) {
		assert_true(trial.rate >= LEAST * 0.999 && trial.rate <= MOST);
		trial.loss_ratio = try_device(device, trial.rate, trial.seconds);
		device->longs += trial.seconds >= goal->final_s;
		search_take(&search, &trial);
	}
	search_look(&search, &result);
	return result;
}

static void a_steady_device_is_found_within_the_width(void **state)
{
	static const double rates[] = {1500, 47000, 123456, 999999, 1.5e6, 9.99e6};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct device device = {.rate = rates[i], .random = {i}};
		const struct search_result result = run(&device, &strict);

		assert_int_equal(result.state, SEARCH_FOUND);
		assert_true(result.low <= rates[i] && result.low >= rates[i] * 0.989);
		assert_true(result.high >= rates[i] &&
			result.high - result.low <= result.high * 0.01001);
		assert_true(result.throughput == result.low);
		assert_true(device.trials <= 40);
		/* Most of the work is done by short ones. */
		assert_true(device.longs <= 8);
	}
}

static void what_short_trials_hide_long_ones_find(void **state)
{
	/* It stores 200,000 packets: at 1 s it seems to pass 200,000 a second more. */
	struct device device = {.rate = 1e6, .burst = 200000};
	const struct search_result result = run(&device, &strict);

	assert_int_equal(result.state, SEARCH_FOUND);
	assert_true(result.low <= 1e6 + 200000 / 30.0 && result.low >= 0.98e6);
}

static void a_device_that_loses_nothing_is_limited_by_something_else(void **state)
{
	struct device device = {.rate = 2 * MOST};
	const struct search_result result = run(&device, &strict);

	assert_int_equal(result.state, SEARCH_AT_MOST);
	assert_true(result.low == MOST);
	assert_int_equal(device.trials, 2);
}

static void a_device_that_passes_nothing_is_told(void **state)
{
	struct device device = {.rate = LEAST / 2};

	assert_int_equal(run(&device, &strict).state, SEARCH_NOTHING);
	assert_true(device.trials < 60);
}

static void a_spurious_loss_may_lower_a_strict_result_and_never_raise_it(void **state)
{
	for (uint32_t seed = 0; seed < 200; seed++) {
		struct device device = {.rate = 1e6, .spurious = 0.01, .random = {seed}};
		const struct search_result result = run(&device, &strict);

		if (result.state == SEARCH_FOUND)
			assert_true(result.low <= 1e6);
	}
}

static void a_goal_that_bears_with_half_of_the_time_finds_the_rate_in_noise(void **state)
{
	const struct search_goal goal = {.loss_ratio = 0,
		.exceed_ratio = 0.5,
		.short_s = 1,
		.final_s = 5,
		.sum_s = 25,
		.width = 0.01};
	uint32_t near = 0;

	for (uint32_t seed = 0; seed < 100; seed++) {
		struct device device = {.rate = 1e6, .spurious = 0.03, .random = {seed}};
		const struct search_result result = run(&device, &goal);

		assert_true(result.low <= 1e6);
		near += result.state == SEARCH_FOUND && result.low >= 0.97e6;
	}
	assert_true(near >= 90);
}

static void an_unsteady_device_comes_to_an_end(void **state)
{
	for (uint32_t seed = 0; seed < 100; seed++) {
		struct device device = {.rate = 1e6, .unsteady = 0.2, .random = {seed}};
		const struct search_result result = run(&device, &strict);

		assert_true(result.state != SEARCH_GOES_ON);
		assert_true(device.trials <= SEARCH_TRIALS);
		assert_true(result.low <= 1e6);
	}
}

static void a_share_of_loss_may_be_allowed(void **state)
{
	const struct search_goal goal = {.loss_ratio = 0.001,
		.exceed_ratio = 0,
		.short_s = 1,
		.final_s = 10,
		.sum_s = 10,
		.width = 0.001};
	struct device device = {.rate = 1e6};
	const struct search_result result = run(&device, &goal);

	assert_int_equal(result.state, SEARCH_FOUND);
	assert_true(result.low > 0.999e6 && result.low <= 1.0011e6);
	/* What was lost is no throughput. */
	assert_true(result.throughput <= 1e6 * 1.000001);
}

static void who_sends_may_be_the_limit(void **state)
{
	static struct search search;
	struct search_result result;
	struct search_trial trial = {0};

	search_begin(&search, &strict, LEAST, MOST);
	while (search_next(&search, &trial.rate, &trial.seconds)) {
		trial.loss_ratio = 0;
		if (trial.rate > 3e6)
			search_limit(&search, 3e6);
		else
			search_take(&search, &trial);
	}
	search_look(&search, &result);
	assert_int_equal(result.state, SEARCH_AT_MOST);
	assert_true(result.low == 3e6);
}

static void a_limit_below_a_bad_rate_ends_the_search(void **state)
{
	static struct search search;
	struct search_result result;
	struct search_trial trial = {0};
	uint32_t count = 0;

	search_begin(&search, &strict, LEAST, MOST);
	while (search_next(&search, &trial.rate, &trial.seconds)) {
		assert_true(++count < 50);
		trial.loss_ratio = trial.rate > 2e6 ? 0.5 : 0;
		search_take(&search, &trial);
		/* Good at short trials; then whoever sends tires. */
		if (trial.loss_ratio == 0)
			search_limit(&search, trial.rate);
	}
	search_look(&search, &result);
	assert_int_equal(result.state, SEARCH_AT_MOST);
	assert_true(result.low <= 2e6);
}

static void what_was_sent_is_the_throughput(void **state)
{
	static struct search search;
	struct search_result result;
	struct search_trial trial = {0};

	search_begin(&search, &strict, LEAST, MOST);
	while (search_next(&search, &trial.rate, &trial.seconds)) {
		trial.offered = trial.rate * 0.97;
		search_take(&search, &trial);
	}
	search_look(&search, &result);
	assert_true(result.low == MOST && result.throughput == MOST * 0.97);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_device_is_found_within_the_width),
		cmocka_unit_test(what_short_trials_hide_long_ones_find),
		cmocka_unit_test(a_device_that_loses_nothing_is_limited_by_something_else),
		cmocka_unit_test(a_device_that_passes_nothing_is_told),
		cmocka_unit_test(a_spurious_loss_may_lower_a_strict_result_and_never_raise_it),
		cmocka_unit_test(a_goal_that_bears_with_half_of_the_time_finds_the_rate_in_noise),
		cmocka_unit_test(an_unsteady_device_comes_to_an_end),
		cmocka_unit_test(a_share_of_loss_may_be_allowed),
		cmocka_unit_test(who_sends_may_be_the_limit),
		cmocka_unit_test(a_limit_below_a_bad_rate_ends_the_search),
		cmocka_unit_test(what_was_sent_is_the_throughput),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
