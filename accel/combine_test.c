/* Ensembles of models that agree, nearly agree, and do not. */
#include "accel/combine.h"

#include "core/test.h"

#include <string.h>

static struct gw_result members[GW_ENSEMBLE], result;

static int clear(void **state)
{
	memset(members, 0, sizeof(members));
	memset(&result, 0, sizeof(result));
	return 0;
}

static void run(enum gw_combine how, uint32_t count)
{
	const struct gw_result *all[GW_ENSEMBLE];

	for (uint32_t i = 0; i < count; i++)
		all[i] = &members[i];
	combine(how, all, count, &result);
}

static void say(uint32_t member, uint16_t label, float confidence)
{
	members[member].task = GW_TASK_CLASSIFY;
	members[member].findings[members[member].count++] =
		(struct gw_finding){.index = label, .confidence = confidence};
}

static void see(uint32_t member, uint16_t label, float confidence, float x, float width)
{
	members[member].task = GW_TASK_DETECT;
	members[member].findings[members[member].count++] = (struct gw_finding){.index = label,
		.confidence = confidence,
		.x0 = x,
		.y0 = 0,
		.x1 = x + width,
		.y1 = 10};
}

static void assert_finding(uint32_t at, uint16_t label, float confidence)
{
	assert_true(at < result.count);
	assert_int_equal(result.findings[at].index, label);
	assert_float_equal(result.findings[at].confidence, confidence, 1e-6);
}

static void who_does_not_name_a_label_says_0_to_it(void **state)
{
	say(0, 3, 0.9f);
	say(0, 1, 0.1f);
	say(1, 3, 0.5f);
	say(1, 2, 0.4f);
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.task, GW_TASK_CLASSIFY);
	assert_int_equal(result.count, 3);
	assert_finding(0, 3, 0.7f);
	assert_finding(1, 2, 0.2f);
	assert_finding(2, 1, 0.05f);
	assert_float_equal(result.disagreement, 0, 0);
}

static void a_vote_counts_the_most_likely_labels(void **state)
{
	say(0, 3, 0.4f);
	say(1, 3, 0.4f);
	say(2, 1, 0.99f);
	say(2, 3, 0.01f);
	run(GW_COMBINE_VOTE, 3);
	assert_int_equal(result.count, 2);
	assert_finding(0, 3, 2.0f / 3);
	assert_finding(1, 1, 1.0f / 3);
	assert_float_equal(result.disagreement, 1 - 2.0f / 3, 1e-6);
	/* Equal shares: the surer first. A label that is nobody's best has none. */
	clear(NULL);
	say(0, 5, 0.6f);
	say(0, 6, 0.3f);
	say(1, 4, 0.7f);
	run(GW_COMBINE_VOTE, 2);
	assert_int_equal(result.count, 2);
	assert_finding(0, 4, 0.5f);
	assert_finding(1, 5, 0.5f);
	assert_float_equal(result.disagreement, 0.5f, 1e-6);
	/* All of one opinion, and all sure. */
	clear(NULL);
	say(0, 5, 1);
	say(1, 5, 1);
	run(GW_COMBINE_VOTE, 2);
	assert_int_equal(result.count, 1);
	assert_finding(0, 5, 1);
}

static void a_member_that_names_nothing_has_an_opinion_too(void **state)
{
	say(0, 3, 0.8f);
	members[1].task = GW_TASK_CLASSIFY;
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.count, 1);
	assert_finding(0, 3, 0.4f);
	assert_float_equal(result.disagreement, 0.5f, 1e-6);
	members[0].count = 0;
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.count, 0);
	assert_float_equal(result.disagreement, 0, 0);
}

static void no_more_classes_come_out_than_a_record_has(void **state)
{
	for (uint16_t i = 0; i < GW_TOP_K; i++)
		for (uint16_t m = 0; m < GW_ENSEMBLE; m++)
			say(m, (uint16_t)(m * GW_TOP_K + i), 0.5f - 0.01f * i - 0.001f * m);
	run(GW_COMBINE_MEAN, GW_ENSEMBLE);
	assert_int_equal(result.count, GW_TOP_K);
	assert_finding(0, 0, 0.5f / 4);
	assert_finding(3, 3 * GW_TOP_K, 0.497f / 4);
	assert_finding(4, 1, 0.49f / 4);
	assert_float_equal(result.disagreement, 0.75f, 1e-6);
}

static void boxes_of_one_thing_become_one(void **state)
{
	see(0, 1, 0.9f, 0, 10);
	see(1, 1, 0.3f, 2, 10);
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.task, GW_TASK_DETECT);
	assert_int_equal(result.count, 1);
	assert_finding(0, 1, 0.6f);
	/* The surer one weighs three times as much. */
	assert_float_equal(result.findings[0].x0, 0.5f, 1e-5);
	assert_float_equal(result.findings[0].x1, 10.5f, 1e-5);
	assert_float_equal(result.disagreement, 0, 0);
}

static void other_labels_and_other_places_are_other_things(void **state)
{
	see(0, 1, 0.9f, 0, 10);
	see(1, 2, 0.8f, 0, 10);
	see(1, 1, 0.4f, 4, 10); /* an IoU of 6 / 14 */
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.count, 3);
	assert_finding(0, 1, 0.45f);
	assert_finding(1, 2, 0.4f);
	assert_finding(2, 1, 0.2f);
	assert_float_equal(result.disagreement, 1, 0);
	/* Half of the members have each. */
	run(GW_COMBINE_VOTE, 2);
	assert_int_equal(result.count, 3);
	assert_finding(0, 1, 0.9f);
}

static void a_vote_leaves_out_what_less_than_half_have(void **state)
{
	see(0, 1, 0.9f, 0, 10);
	see(1, 1, 0.5f, 0, 10);
	see(2, 7, 0.95f, 50, 10);
	run(GW_COMBINE_VOTE, 3);
	assert_int_equal(result.count, 1);
	assert_finding(0, 1, 0.7f);
	assert_float_equal(result.disagreement, 1, 0);
	run(GW_COMBINE_MEAN, 3);
	assert_int_equal(result.count, 2);
	assert_finding(0, 1, 1.4f / 3);
	assert_finding(1, 7, 0.95f / 3);
}

/* The other one is a thing of its own: one box of a member is for one box of another. */
static void of_two_boxes_the_nearer_one_is_the_same(void **state)
{
	see(0, 1, 0.9f, 0, 10);
	see(1, 1, 0.5f, 3, 10);
	see(1, 1, 0.4f, 1, 10);
	run(GW_COMBINE_MEAN, 2);
	assert_int_equal(result.count, 2);
	assert_finding(0, 1, 0.65f);
	assert_finding(1, 1, 0.25f);
	assert_float_equal(result.findings[1].x0, 3, 0);
	assert_float_equal(result.disagreement, 0.5f, 1e-6);
}

static void nothing_seen_by_anybody_is_no_disagreement(void **state)
{
	members[0].task = members[1].task = GW_TASK_DETECT;
	run(GW_COMBINE_VOTE, 2);
	assert_int_equal(result.count, 0);
	assert_float_equal(result.disagreement, 0, 0);
	/* A box without any confidence has a place all the same. */
	see(0, 1, 0, 5, 10);
	run(GW_COMBINE_MEAN, 2);
	assert_float_equal(result.findings[0].x0, 5, 0);
	assert_float_equal(result.disagreement, 1, 0);
}

static void as_many_boxes_as_one_model_finds_come_out(void **state)
{
	for (uint32_t m = 0; m < GW_ENSEMBLE; m++)
		for (uint32_t i = 0; i < GW_BOXES; i++)
			see(m, (uint16_t)m, 1 - (float)i / GW_BOXES, 20 * (float)i, 10);
	run(GW_COMBINE_MEAN, GW_ENSEMBLE);
	assert_int_equal(result.count, GW_BOXES);
	for (uint32_t i = 1; i < GW_BOXES; i++)
		assert_true(result.findings[i].confidence <= result.findings[i - 1].confidence);
	assert_finding(GW_BOXES - 1, 3, (1 - 24.0f / GW_BOXES) / 4);
}

static void only_classes_and_boxes_are_combined(void **state)
{
	assert_true(combine_can(GW_TASK_CLASSIFY));
	assert_true(combine_can(GW_TASK_DETECT));
	assert_false(combine_can(GW_TASK_SEGMENT));
	assert_false(combine_can(GW_TASK_READ));
}

#define TEST(name) cmocka_unit_test_setup(name, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_does_not_name_a_label_says_0_to_it),
		TEST(a_vote_counts_the_most_likely_labels),
		TEST(a_member_that_names_nothing_has_an_opinion_too),
		TEST(no_more_classes_come_out_than_a_record_has),
		TEST(boxes_of_one_thing_become_one),
		TEST(other_labels_and_other_places_are_other_things),
		TEST(a_vote_leaves_out_what_less_than_half_have),
		TEST(of_two_boxes_the_nearer_one_is_the_same),
		TEST(nothing_seen_by_anybody_is_no_disagreement),
		TEST(as_many_boxes_as_one_model_finds_come_out),
		TEST(only_classes_and_boxes_are_combined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
