/* Canaries that do well and that do not, beside a stable version. */
#include "core/test.h"

#include <string.h>

#include "accel/rollout/trial.h"
#include "accel/test_visit.h"
#include "core/clock.h"

/* TEST_NAME is stable, and TEST_OTHER is tried on every picture. */
static const struct route trial = {
	.stable = TEST_NAME, .canary = TEST_OTHER, .share = ROUTE_ALL, .tried = true};
static const struct plan tried = {.step_count = 1,
	.single = true,
	.jobs_most = 1,
	.step = {{.route = {&trial}, .model_count = 1, .from = -1, .every = 1}}};
/* A camera that names the canary's version with its number. */
static const struct plan by_number = {.step_count = 1,
	.single = true,
	.jobs_most = 1,
	.step = {{.route = {&test_visit_routes[TEST_OTHER]},
		.model_count = 1,
		.from = -1,
		.every = 1}}};

static uint64_t looked(const struct test_visit *f, int model)
{
	return gw_counter_get(&visits_figures(f->visits)->model[model].looked);
}

static uint64_t failed(const struct test_visit *f, int model)
{
	return gw_counter_get(&visits_figures(f->visits)->model[model].failed);
}

static void hold(bool is_held)
{
	for (int i = 0; i < TEST_VISIT_MODELS; i++)
		test_visit_held[i] = is_held;
}

static void what_both_versions_have_seen_is_compared(void **state)
{
	struct test_visit *f = *state;
	const struct figures_route *route = &visits_figures(f->visits)->route[0];

	/* The first frame of a camera is among those that both look at. */
	assert_true(route_compares(&trial, &f->frames[0]));
	memset(f->pixels, 60 + 30, sizeof(f->pixels));
	assert_true(test_visit_begin(f, 0, &tried));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->result.model, TEST_OTHER);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(looked(f, TEST_OTHER), 1);
	assert_int_equal(looked(f, TEST_NAME), 1);
	assert_int_equal(gw_counter_get(&route->compared), 1);
	assert_int_equal(gw_counter_get(&route->differed), 0);
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	f->frames[1].sequence = 0;
	assert_true(test_visit_begin(f, 1, &tried));
	frame = test_visit_settle(f);
	assert_int_equal(frame->result.findings[0].index, 0);
	assert_int_equal(gw_counter_get(&route->compared), 2);
	assert_int_equal(gw_counter_get(&route->differed), 1000000);
	assert_int_equal(f->ended, 2);
}

static void a_canary_that_fails_costs_no_frame(void **state)
{
	struct test_visit *f = *state;

	test_visit_broken[TEST_OTHER] = true;
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(test_visit_begin(f, i, &tried));
		const struct gw_frame *frame = test_visit_settle(f);

		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->result.model, TEST_NAME);
		assert_int_equal(frame->result.findings[0].index, 3);
	}
	assert_int_equal(failed(f, TEST_OTHER), 10);
	assert_int_equal(failed(f, TEST_NAME), 0);
	assert_int_equal(gw_counter_get(&visits_figures(f->visits)->route[0].compared), 0);
}

static void a_stable_version_that_fails_beside_a_canary_costs_none_either(void **state)
{
	struct test_visit *f = *state;

	test_visit_broken[TEST_NAME] = true;
	assert_true(test_visit_begin(f, 0, &tried));
	const struct gw_frame *frame = test_visit_settle(f);

	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->result.model, TEST_OTHER);
	assert_int_equal(failed(f, TEST_NAME), 1);
	/* When neither can, the frame has failed. */
	test_visit_broken[TEST_OTHER] = true;
	assert_true(test_visit_begin(f, 1, &tried));
	assert_int_equal(test_visit_settle(f)->drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->ended, 2);
}

static void a_canary_that_gives_nothing_back_is_given_no_more(void **state)
{
	struct test_visit *f = *state;
	const int64_t later = 1 + GW_NS_PER_S;

	hold(true);
	assert_true(test_visit_begin(f, 1, &tried));
	f->surface.refs++;
	f->frames[2].surface = &f->surface;
	assert_true(visit_begin(f->visits, &f->frames[2], &tried, NULL, later));
	assert_int_equal(batcher_waiting(f->batchers[TEST_OTHER]), 1);
	assert_int_equal(batcher_waiting(f->batchers[TEST_NAME]), 1);
	hold(false);
	test_visit_settle(f);
	assert_int_equal(f->ended, 2);
	assert_int_equal(f->frames[2].result.model, TEST_NAME);
	/* It has given it back. */
	assert_true(test_visit_begin(f, 3, &tried));
	assert_int_equal(test_visit_settle(f)->result.model, TEST_OTHER);
}

static uint64_t again(const struct test_visit *f)
{
	return gw_counter_get(&batcher_stats(f->batchers[TEST_OTHER])->again);
}

static void what_a_canary_never_gives_back_the_stable_version_looks_at(void **state)
{
	struct test_visit *f = *state;

	/* In a run, in a batch behind it, and without a place; and one that names the version. */
	test_visit_held[TEST_OTHER] = true;
	for (uint32_t i = 1; i < 20; i++) {
		assert_true(test_visit_begin(f, i, &tried));
		if (i == 1)
			assert_true(test_visit_begin(f, 0, &by_number));
		if (i % 4 == 1)
			batcher_turn(f->batchers[TEST_OTHER], 1, false);
	}
	test_visit_settle(f);
	assert_int_equal(f->ended, 0);
	visits_look_after(f->visits, TEST_OTHER, TRIAL_STALL_NS - 1);
	test_visit_settle(f);
	assert_int_equal(f->ended, 0);
	assert_int_equal(batcher_lost(f->batchers[TEST_OTHER]), 0);
	visits_look_after(f->visits, TEST_OTHER, 1 + TRIAL_STALL_NS);
	const bool is_stuck = batcher_is_stuck(f->batchers[TEST_OTHER]);

	test_visit_settle(f);
	const uint32_t ended = f->ended;

	/* It gets no more, and is itself again when all has come back. Who asked for that version
	 * waits for it. */
	assert_true(test_visit_begin(f, 20, &tried));
	test_visit_settle(f);
	hold(false);
	for (uint32_t i = 0; i < BATCHES; i++)
		test_visit_settle(f);
	assert_true(is_stuck);
	assert_int_equal(ended, 19);
	assert_int_equal(again(f), 1);
	for (uint32_t i = 1; i <= 20; i++) {
		assert_int_equal(f->frames[i].drop, GW_DROP_NONE);
		assert_int_equal(f->frames[i].result.model, TEST_NAME);
	}
	assert_int_equal(f->ended, 21);
	assert_int_equal(f->frames[0].drop, GW_DROP_NONE);
	assert_int_equal(f->frames[0].result.model, TEST_OTHER);
	assert_int_equal(failed(f, TEST_OTHER), 19);
	assert_int_equal(batcher_lost(f->batchers[TEST_OTHER]), 0);
	assert_false(batcher_is_stuck(f->batchers[TEST_OTHER]));
	assert_true(test_visit_begin(f, 21, &tried));
	assert_int_equal(test_visit_settle(f)->result.model, TEST_OTHER);
}

/* Whether its picture was in the batch before the canary's was, came to it later, or is in a batch
 * of its own behind it. */
static void who_names_the_version_of_a_hung_canary_loses_no_picture(void **state)
{
	struct test_visit *f = *state;
	struct gw_frame *frames = f->frames;

	test_visit_held[TEST_OTHER] = true;
	memset(f->pixels, 2 * 60 + 30, sizeof(f->pixels));
	assert_true(test_visit_begin(f, 0, &by_number));
	batcher_turn(f->batchers[TEST_OTHER], 1, false);
	assert_true(test_visit_begin(f, 1, &by_number));
	batcher_turn(f->batchers[TEST_OTHER], 1, false);
	assert_true(test_visit_begin(f, 2, &tried));
	assert_true(test_visit_begin(f, 3, &by_number));
	batcher_turn(f->batchers[TEST_OTHER], 1, true);
	assert_true(test_visit_begin(f, 4, &by_number));
	batcher_turn(f->batchers[TEST_OTHER], 1, true);
	visits_look_after(f->visits, TEST_OTHER, 1 + TRIAL_STALL_NS);
	test_visit_settle(f);
	assert_int_equal(frames[2].result.model, TEST_NAME);
	/* The one whose batch had gone when the canary came had no picture any more. */
	assert_int_equal(frames[0].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->ended, 2);
	assert_int_equal(again(f), 3);
	hold(false);
	for (uint32_t i = 0; i <= BATCHES; i++)
		test_visit_settle(f);
	assert_int_equal(f->ended, 5);
	for (uint32_t i = 1; i < 5; i++) {
		assert_int_equal(frames[i].drop, GW_DROP_NONE);
		assert_int_equal(frames[i].result.findings[0].index, 2);
		assert_int_equal(frames[i].result.model, i == 2 ? TEST_NAME : TEST_OTHER);
	}
	/* When it is long since it was a canary, pictures go as soon as they were read. */
	visits_look_after(f->visits, TEST_OTHER, 60 * GW_NS_PER_S);
	assert_int_equal(f->surface.refs, 1);
	hold(true);
	assert_true(test_visit_begin(f, 5, &by_number));
	batcher_turn(f->batchers[TEST_OTHER], 1, true);
	assert_int_equal(f->surface.refs, 1);
	hold(false);
	test_visit_settle(f);
}

/* Its own answer is compared, whatever the others say. */
static void a_canary_in_an_ensemble_is_compared_with_the_stable_version(void **state)
{
	static const struct plan ensemble = {.step_count = 1,
		.jobs_most = 3,
		.step = {{.route = {&trial, &test_visit_routes[TEST_NAME]},
			.model_count = 2,
			.from = -1,
			.every = 1}}};
	struct test_visit *f = *state;
	const struct figures_route *route = &visits_figures(f->visits)->route[0];

	memset(f->pixels, 60 + 30, sizeof(f->pixels));
	for (uint32_t i = 0; i < 4; i++) {
		if (i == 2)
			memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
		f->frames[i].sequence = 0;
		assert_true(test_visit_begin(f, i, &ensemble));
		const struct gw_frame *frame = test_visit_settle(f);

		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->result.run_count, 2);
	}
	assert_int_equal(gw_counter_get(&route->compared), 4);
	assert_int_equal(gw_counter_get(&route->differed), 2000000);
	/* The member that is no canary looks once at each, and the canary's pair does. */
	assert_int_equal(looked(f, TEST_OTHER), 4);
	assert_int_equal(looked(f, TEST_NAME), 8);
	/* As many fit in again: all jobs are back. */
	for (uint32_t i = 0; i < 2 * JOBS; i++) {
		f->frames[4].sequence = 0;
		assert_true(test_visit_begin(f, 4, &ensemble));
		test_visit_settle(f);
	}
	assert_int_equal(f->ended, 4 + 2 * JOBS);
}

static void the_jobs_to_compare_leave_those_of_the_plans_alone(void **state)
{
	struct test_visit *f = *state;
	uint32_t inside = 0;

	hold(true);
	for (uint32_t i = 0; i < TEST_VISIT_FRAMES; i++)
		f->frames[i].sequence = 0;
	while (inside < TEST_VISIT_FRAMES && test_visit_begin(f, inside, &tried))
		inside++;
	assert_int_equal(inside, TEST_VISIT_FRAMES);
	hold(false);
	test_visit_settle(f);
	assert_int_equal(f->ended, TEST_VISIT_FRAMES);
	assert_int_equal(looked(f, TEST_OTHER), TEST_VISIT_FRAMES);
	assert_int_equal(looked(f, TEST_NAME), TEST_VISIT_FRAMES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_visit_open, test_visit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_both_versions_have_seen_is_compared),
		TEST(a_canary_that_fails_costs_no_frame),
		TEST(a_stable_version_that_fails_beside_a_canary_costs_none_either),
		TEST(a_canary_that_gives_nothing_back_is_given_no_more),
		TEST(what_a_canary_never_gives_back_the_stable_version_looks_at),
		TEST(who_names_the_version_of_a_hung_canary_loses_no_picture),
		TEST(a_canary_in_an_ensemble_is_compared_with_the_stable_version),
		TEST(the_jobs_to_compare_leave_those_of_the_plans_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
