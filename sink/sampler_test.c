#include "sink/sampler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/gateway.h"

#define BEGIN (1000 * GW_NS_PER_S)
#define AT(ms) (BEGIN + (int64_t)((ms)*GW_NS_PER_MS))

static const char *const labels[] = {"person", "car"};
static struct gw gw = {.model_count = 2,
	.models = {{.task = GW_TASK_DETECT, .label_count = 2, .labels = labels},
		{.task = GW_TASK_CLASSIFY, .label_count = 2, .labels = labels}}};

static uint32_t due_of(struct sampler *sampler, uint32_t every, uint32_t frames)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < frames; i++)
		due += sampler_due(sampler, every, false);
	return due;
}

static void the_first_and_every_nth_frame_are_due(void **state)
{
	struct sampler sampler = {0};

	assert_true(sampler_due(&sampler, 3, false));
	assert_false(sampler_due(&sampler, 3, false));
	assert_false(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, false));
	assert_int_equal(due_of(&sampler, 3, 300), 100);
}

static void one_means_every_frame_and_none_means_none(void **state)
{
	struct sampler sampler = {0};

	assert_int_equal(due_of(&sampler, 1, 50), 50);
	assert_int_equal(due_of(&sampler, 0, 50), 0);
	assert_int_equal(due_of(&(struct sampler){0}, 0, 50), 0);
}

static void a_frame_that_is_asked_for_does_not_disturb_the_count(void **state)
{
	struct sampler sampler = {0};

	assert_true(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, true));
	assert_false(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 3, false));
	assert_true(sampler_due(&sampler, 0, true));
}

static void a_shorter_interval_works_at_once(void **state)
{
	struct sampler sampler = {0};

	assert_int_equal(due_of(&sampler, 1000, 10), 1);
	assert_true(sampler_due(&sampler, 5, false));
}

static void one_is_due_every_so_many_seconds(void **state)
{
	struct sampler sampler = {0};
	uint32_t due = 0;

	/* 30 pictures a second, for ten seconds: no beat is lost to the one before. */
	for (int i = 0; i < 300; i++)
		due += sampler_timely(&sampler, 2, AT(i * 33.4));
	assert_int_equal(due, 5);
	/* A camera that was silent has no arrears. */
	assert_true(sampler_timely(&sampler, 2, AT(60000)));
	assert_false(sampler_timely(&sampler, 2, AT(60033)));
	/* Fewer seconds work at once. */
	assert_true(sampler_timely(&sampler, 3600, AT(70000)));
	assert_true(sampler_timely(&sampler, 1, AT(70033)));
}

static void a_class_that_is_named_is_shown(void **state)
{
	char *wanted[] = {"car"};
	const struct gw_frames_topic_config frames = {.classes = wanted, .classes_count = 1};
	struct gw_result result = {.task = GW_TASK_DETECT, .count = 2};

	assert_false(sampler_shows(&gw, &result, &frames));
	result.findings[1].index = 1;
	assert_true(sampler_shows(&gw, &result, &frames));
	assert_false(sampler_shows(&gw, &result, &(struct gw_frames_topic_config){0}));
	/* A label that the model does not have. */
	result.findings[1].index = 2;
	assert_false(sampler_shows(&gw, &result, &frames));
	/* The second class of a classification is what the picture does not show. */
	result.task = GW_TASK_CLASSIFY;
	result.model = 1;
	result.findings[1].index = 1;
	assert_false(sampler_shows(&gw, &result, &frames));
	result.findings[0].index = 1;
	assert_true(sampler_shows(&gw, &result, &frames));
	assert_false(sampler_shows(&gw, &(struct gw_result){.model = GW_NO_MODEL}, &frames));
}

static void a_plan_shows_what_its_models_found(void **state)
{
	char *wanted[] = {"car"};
	const struct gw_frames_topic_config frames = {.classes = wanted, .classes_count = 1};
	struct gw_result result = {.task = GW_TASK_PLAN, .model = GW_NO_MODEL, .count = 4};

	/* A box, its two classes, and those of another one. */
	result.findings[1] = (struct gw_finding){.model = 1};
	result.findings[2] = (struct gw_finding){.model = 1, .index = 1};
	result.findings[3] = (struct gw_finding){.model = 1, .parent = 1};
	assert_false(sampler_shows(&gw, &result, &frames));
	result.findings[3].index = 1;
	assert_true(sampler_shows(&gw, &result, &frames));
}

static void what_is_not_sure_is_looked_at(void **state)
{
	struct gw_result result = {.task = GW_TASK_DETECT, .count = 2};

	result.findings[0].confidence = 0.9f;
	result.findings[1].confidence = 0.4f;
	assert_false(sampler_unsure(&gw, &result, 0));
	assert_false(sampler_unsure(&gw, &result, 0.4f));
	assert_true(sampler_unsure(&gw, &result, 0.5f));
	/* Of a classification the others are always less so. */
	result.task = GW_TASK_CLASSIFY;
	result.model = 1;
	assert_false(sampler_unsure(&gw, &result, 0.5f));
	assert_true(sampler_unsure(&gw, &result, 0.95f));
	result.count = 0;
	assert_false(sampler_unsure(&gw, &result, 1));
}

static void a_rate_is_kept(void **state)
{
	struct sampler sampler = {0};
	uint64_t sent = 0;

	/* 30 pictures of 20 kB a second for a minute, where 100 kB a second may go. */
	for (int i = 0; i < 1800; i++)
		if (sampler_affords(&sampler, 100000, AT(i * 33.4))) {
			sampler_pay(&sampler, 20000);
			sent += 20000;
		}
	assert_in_range(sent, 6000000, 6200000);
}

static void a_picture_larger_than_a_seconds_bytes_goes_and_is_paid_back(void **state)
{
	struct sampler sampler = {0};

	assert_true(sampler_affords(&sampler, 1000, AT(0)));
	sampler_pay(&sampler, 11000);
	/* However often it is asked meanwhile: parts of a byte are not lost. */
	for (int us = 0; us < 10000000; us += 100)
		assert_false(sampler_affords(&sampler, 1000, AT(0) + us * 1000LL));
	assert_true(sampler_affords(&sampler, 1000, AT(10002)));
	/* Without a limit nothing is owed. */
	sampler_pay(&sampler, 1000000);
	assert_true(sampler_affords(&sampler, 0, AT(10003)));
	assert_true(sampler_affords(&sampler, 1, AT(10004)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_and_every_nth_frame_are_due),
		cmocka_unit_test(one_means_every_frame_and_none_means_none),
		cmocka_unit_test(a_frame_that_is_asked_for_does_not_disturb_the_count),
		cmocka_unit_test(a_shorter_interval_works_at_once),
		cmocka_unit_test(one_is_due_every_so_many_seconds),
		cmocka_unit_test(a_class_that_is_named_is_shown),
		cmocka_unit_test(a_plan_shows_what_its_models_found),
		cmocka_unit_test(what_is_not_sure_is_looked_at),
		cmocka_unit_test(a_rate_is_kept),
		cmocka_unit_test(a_picture_larger_than_a_seconds_bytes_goes_and_is_paid_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
