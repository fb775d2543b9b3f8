/* Frames' ways through plans, with an engine that answers what the test has written down. */
#include <string.h>

#include "accel/test_visit.h"
#include "core/test.h"

static const struct plan single = {.step_count = 1,
	.single = true,
	.jobs_most = 1,
	.step = {{.route = {&test_visit_routes[TEST_NAME]},
		.model_count = 1,
		.from = -1,
		.every = 1}}};

/* Names what was found. */
static struct plan cascade(void)
{
	return (struct plan){.step_count = 2,
		.jobs_most = 1 + 16,
		.step = {{.route = {&test_visit_routes[TEST_FIND]},
				 .model_count = 1,
				 .from = -1,
				 .every = 1},
			{.route = {&test_visit_routes[TEST_NAME]},
				.model_count = 1,
				.from = 0,
				.most = 16,
				.every = 1}}};
}

static void hold(bool is_held)
{
	for (int i = 0; i < TEST_VISIT_MODELS; i++)
		test_visit_held[i] = is_held;
}

static void one_model_on_the_picture_answers_as_it_is(void **state)
{
	struct test_visit *f = *state;

	memset(f->pixels, 2 * 60 + 30, sizeof(f->pixels));
	assert_true(test_visit_begin(f, 0, &single));
	/* The frame's picture goes with its only job. */
	assert_null(f->frames[0].surface);
	const struct gw_frame *frame = test_visit_settle(f);

	assert_ptr_equal(frame, &f->frames[0]);
	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.task, GW_TASK_CLASSIFY);
	assert_int_equal(frame->result.model, TEST_NAME);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(frame->result.findings[0].index, 2);
	assert_int_equal(frame->stamp[GW_STAMP_INFER], 1);
	assert_int_equal(frame->stamp[GW_STAMP_INFERRED], 2);
	assert_true(frame->result.disagreement < 0);
}

static void a_second_model_looks_at_what_the_first_has_found(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = cascade();

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	test_visit_find(f, 32, 0, 16, 1, 0.9f, 3);
	test_visit_find(f, 16, 40, 16, 0, 0.7f, 2);
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);
	const struct gw_finding *finding = frame->result.findings;

	assert_int_equal(frame->result.task, GW_TASK_PLAN);
	assert_int_equal(frame->result.count, 6);
	/* The best first, also of what is said of them. */
	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t bright[] = {3, 2, 1};

		assert_int_equal(finding[i].model, TEST_FIND);
		assert_int_equal(finding[i].parent, GW_NO_FINDING);
		assert_int_equal(finding[3 + i].model, TEST_NAME);
		assert_int_equal(finding[3 + i].parent, i);
		assert_int_equal(finding[3 + i].index, bright[i]);
	}
	assert_int_equal(frame->result.run_count, 2);
	assert_int_equal(frame->result.runs[0], TEST_FIND);
}

static void a_step_looks_at_the_best_of_what_it_wants(void **state)
{
	struct test_visit *f = *state;
	struct plan plan = cascade();
	bool only[TEST_VISIT_LABELS] = {true};

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	test_visit_find(f, 32, 0, 16, 1, 0.9f, 3);
	test_visit_find(f, 16, 40, 16, 0, 0.7f, 2);
	test_visit_find(f, 40, 40, 16, 0, 0.3f, 2);
	plan.step[1].only = only;
	plan.step[1].most = 2;
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.count, 6);
	/* Those of 0.7 and 0.5: the one of 0.9 is of another label. */
	assert_int_equal(frame->result.findings[4].parent, 1);
	assert_int_equal(frame->result.findings[4].index, 2);
	assert_int_equal(frame->result.findings[5].parent, 2);
	plan.step[1].least = 0.6f;
	assert_true(test_visit_begin(f, 1, &plan));
	assert_int_equal(test_visit_settle(f)->result.count, 5);
}

static void nothing_found_is_an_answer(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = cascade();

	/* Rows whose confidence is below the threshold. */
	test_visit_detect.threshold = 0.5f;
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.count, 0);
	assert_int_equal(frame->result.run_count, 1);
}

static void a_margin_shows_what_is_around_but_not_beyond_the_picture(void **state)
{
	struct test_visit *f = *state;
	struct plan plan = cascade();

	/* Dark, in the middle of brightness; the classifier looks at the upper left corner. */
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	test_visit_find(f, 24, 24, 16, 0, 0.9f, 0);
	test_visit_find(f, 0, 0, 16, 0, 0.8f, 1);
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.findings[2].index, 0);
	assert_int_equal(frame->result.findings[3].index, 1);
	plan.step[1].margin = 1;
	assert_true(test_visit_begin(f, 1, &plan));
	frame = test_visit_settle(f);
	assert_int_equal(frame->result.findings[2].index, 3);
	assert_int_equal(frame->result.findings[3].index, 1);
}

static void a_step_may_look_at_every_nth_frame_only(void **state)
{
	struct test_visit *f = *state;
	struct plan plan = cascade();

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	plan.step[1].every = 3;
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(test_visit_begin(f, i, &plan));
		assert_int_equal(test_visit_settle(f)->result.count, i % 3 == 0 ? 2 : 1);
	}
}

static void what_fails_in_a_part_leaves_the_rest(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = cascade();

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	test_visit_broken[TEST_NAME] = true;
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(frame->result.runs[1], TEST_NAME);
}

static void a_frame_of_which_nothing_can_be_said_fails(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = cascade();

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	test_visit_broken[TEST_FIND] = true;
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->drop, GW_DROP_INFER_FAILED);
	assert_int_equal(frame->result.task, GW_TASK_NONE);
	assert_int_equal(frame->result.count, 0);
}

static void findings_stand_in_the_same_order_whichever_comes_first(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = {.step_count = 2,
		.jobs_most = 2,
		.step = {{.route = {&test_visit_routes[TEST_NAME]},
				 .model_count = 1,
				 .from = -1,
				 .every = 1},
			{.route = {&test_visit_routes[TEST_OTHER]},
				.model_count = 1,
				.from = -1,
				.every = 1}}};

	/* The second one's batcher is asked first: test_visit_settle(). */
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.count, 2);
	assert_int_equal(frame->result.findings[0].model, TEST_NAME);
	assert_int_equal(frame->result.findings[1].model, TEST_OTHER);
	assert_int_equal(frame->result.run_count, 2);
	assert_int_equal(frame->result.runs[0], TEST_NAME);
	assert_int_equal(frame->result.runs[1], TEST_OTHER);
}

static void models_that_answer_together_say_how_far_they_differ(void **state)
{
	struct test_visit *f = *state;
	const struct plan plan = {.step_count = 1,
		.jobs_most = 3,
		.step = {{.route = {&test_visit_routes[TEST_NAME], &test_visit_routes[TEST_OTHER]},
			.model_count = 2,
			.from = -1,
			.every = 1}}};

	memset(f->pixels, 60 + 30, sizeof(f->pixels));
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.task, GW_TASK_PLAN);
	assert_int_equal(frame->result.findings[0].index, 1);
	assert_float_equal(frame->result.findings[0].confidence, 0.7, 1e-5);
	assert_float_equal(frame->result.disagreement, 0, 1e-5);
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	assert_true(test_visit_begin(f, 1, &plan));
	frame = test_visit_settle(f);
	/* (0.7 + 0.2) / 2 against (0.1 + 0.6) / 2. */
	assert_int_equal(frame->result.findings[0].index, 3);
	assert_float_equal(frame->result.findings[0].confidence, 0.45, 1e-5);
	assert_true(frame->result.disagreement > 0);
	/* The answer of one is better than none. */
	test_visit_broken[TEST_OTHER] = true;
	assert_true(test_visit_begin(f, 2, &plan));
	frame = test_visit_settle(f);
	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_float_equal(frame->result.findings[0].confidence, 0.7, 1e-5);
}

static void more_findings_than_a_record_holds_are_told(void **state)
{
	struct test_visit *f = *state;
	struct plan plan = {.step_count = 3, .jobs_most = 3};

	for (uint32_t i = 0; i < 3; i++)
		plan.step[i] = (struct plan_step){.route = {&test_visit_routes[TEST_FIND]},
			.model_count = 1,
			.from = -1,
			.every = 1};
	for (uint32_t i = 0; i < TEST_VISIT_BOXES; i++) {
		const uint32_t column = i % 10, row = i / 10;

		test_visit_find(f, (float)column, (float)row, 16, 0, 0.9f, 1);
	}
	assert_true(test_visit_begin(f, 0, &plan));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.count, GW_FINDINGS);
	assert_true(frame->result.truncated);
}

static void frames_wait_until_as_many_jobs_are_free_as_they_may_need(void **state)
{
	struct test_visit *f = *state;
	struct plan plan = cascade();
	uint32_t inside = 0;

	test_visit_find(f, 0, 0, 16, 0, 0.5f, 1);
	plan.step[1].most = 64;
	plan.jobs_most = 65;
	hold(true);
	while (inside < TEST_VISIT_FRAMES && test_visit_begin(f, inside, &plan))
		inside++;
	assert_int_equal(inside, JOBS / 65);
	test_visit_settle(f);
	assert_int_equal(f->ended, 0);
	hold(false);
	test_visit_settle(f);
	assert_int_equal(f->ended, inside);
	assert_true(test_visit_begin(f, inside, &plan));
	test_visit_settle(f);
	assert_int_equal(f->ended, inside + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_visit_open, test_visit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_model_on_the_picture_answers_as_it_is),
		TEST(a_second_model_looks_at_what_the_first_has_found),
		TEST(a_step_looks_at_the_best_of_what_it_wants),
		TEST(nothing_found_is_an_answer),
		TEST(a_margin_shows_what_is_around_but_not_beyond_the_picture),
		TEST(a_step_may_look_at_every_nth_frame_only),
		TEST(what_fails_in_a_part_leaves_the_rest),
		TEST(a_frame_of_which_nothing_can_be_said_fails),
		TEST(findings_stand_in_the_same_order_whichever_comes_first),
		TEST(models_that_answer_together_say_how_far_they_differ),
		TEST(more_findings_than_a_record_holds_are_told),
		TEST(frames_wait_until_as_many_jobs_are_free_as_they_may_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
