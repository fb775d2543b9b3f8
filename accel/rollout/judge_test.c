#include "core/test.h"

#include <string.h>

#include "accel/rollout/judge.h"

#define LEAST 20

static const struct judge_limits limits = {.errors = 0.01, .latency = 1.5, .disagreement = 0.2};
static char reason[JUDGE_REASON];

static const struct judge_figures well = {
	.stable = {.looked = 1000, .took_us = 20000},
	.canary = {.looked = 100, .took_us = 22000},
	.compared = 100,
	.differed = 0.05,
};

static void assert_goes_on(const struct judge_figures *figures)
{
	if (!judge(&limits, LEAST, figures, reason))
		fail_msg("%s", reason);
}

static void assert_goes(const struct judge_figures *figures, const char *words)
{
	assert_false(judge(&limits, LEAST, figures, reason));
	if (!strstr(reason, words))
		fail_msg("%s", reason);
}

static void one_that_does_as_well_goes_on(void **state)
{
	assert_goes_on(&well);
}

static void errors_count_beyond_those_of_the_stable_version(void **state)
{
	struct judge_figures figures = well;

	figures.canary.failed = 1;
	assert_goes_on(&figures);
	figures.canary.failed = 2;
	assert_goes(&figures, "it fails with 2.0 % of 100 pictures");
	figures.stable.failed = 10;
	assert_goes_on(&figures);
}

static void it_may_take_so_much_longer(void **state)
{
	struct judge_figures figures = well;

	figures.canary.took_us = 30000;
	assert_goes_on(&figures);
	figures.canary.took_us = 30001;
	assert_goes(&figures, "it takes 30.0 ms");
	/* The moods of the machine are no reason. */
	figures.stable.took_us = 1000;
	figures.canary.took_us = 1000 + JUDGE_SLACK_US;
	assert_goes_on(&figures);
	figures.canary.took_us++;
	assert_goes(&figures, "it takes");
	/* Nothing to compare with. */
	figures.stable.took_us = 0;
	assert_goes_on(&figures);
}

static void its_answers_may_differ_so_far(void **state)
{
	struct judge_figures figures = well;

	figures.differed = 0.2;
	assert_goes_on(&figures);
	figures.differed = 0.21;
	assert_goes(&figures, "differ from the stable version's by 21.0 % over 100 pictures");
	figures.compared = 0;
	assert_goes_on(&figures);
}

static void nothing_is_said_of_a_few_pictures(void **state)
{
	struct judge_figures figures = well;

	figures.canary = (struct judge_side){.looked = LEAST - 1, .failed = LEAST - 1};
	figures.compared = LEAST / 2 - 1;
	figures.differed = 1;
	assert_goes_on(&figures);
	figures.compared++;
	assert_goes(&figures, "differ");
	figures.canary.looked = figures.canary.failed = LEAST;
	assert_goes(&figures, "it fails with 100.0 % of 20 pictures");
	/* What failed says nothing of how long it takes. */
	figures = well;
	figures.canary = (struct judge_side){.looked = LEAST, .failed = 0, .took_us = 90000};
	assert_goes(&figures, "it takes");
	figures.canary.looked = LEAST - 1;
	assert_goes_on(&figures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_does_as_well_goes_on),
		cmocka_unit_test(errors_count_beyond_those_of_the_stable_version),
		cmocka_unit_test(it_may_take_so_much_longer),
		cmocka_unit_test(its_answers_may_differ_so_far),
		cmocka_unit_test(nothing_is_said_of_a_few_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
