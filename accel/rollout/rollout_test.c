/* Versions that do well and that do not, step by step. */
#include "accel/rollout/test_rollout.h"

#include <string.h>

#include "accel/accel.h"
#include "accel/rollout/own.h"
#include "core/clock.h"

static void one_that_does_well_takes_the_place_step_by_step(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	assert_int_equal(rollout_look_at(&f, 50, GOOD), 50);
	rollout_roll_out(&f, BETTER);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"running\"");
	accel_stage.upkeep(f.lane->stage, f.now);
	const uint32_t half = rollout_look_at(&f, 90, BETTER);

	assert_true(half >= 42 && half <= 48);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "1");
	/* The second is over: all of it. */
	for (int i = 0; i < 2 && strcmp(rollout_told(&f, "rollout", "step"), "1") == 0; i++)
		rollout_look_at(&f, 10, BETTER);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "2");
	assert_string_equal(rollout_told(&f, "rollout", "share"), "1.0");
	assert_int_equal(rollout_look_at(&f, 80, BETTER), 80);
	rollout_look_at(&f, 30, BETTER);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "last", "completed"), "true");
	assert_string_equal(rollout_told(&f, "stable", "version"), "2");
	assert_string_equal(rollout_told(&f, NULL, "previous"), "1");
	assert_int_equal(rollout_look_at(&f, 20, BETTER), 20);
	/* The other camera has asked for version 1, and that is there still. */
	assert_int_equal(
		f.gw.models[((struct accel *)f.lane->stage->state)->routes[1].stable].version,
		GOOD);
	rollout_close(&f);
	/* What runs survives. */
	rollout_open(&f);
	assert_int_equal(rollout_look_at(&f, 10, BETTER), 10);
	rollout_close(&f);
}

static void a_step_waits_for_enough_pictures(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	f.now += 60 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "1");
	rollout_look_at(&f, 10, BETTER);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "1");
	rollout_look_at(&f, 30, BETTER);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "2");
	rollout_close(&f);
}

static void one_that_fails_comes_back_by_itself_and_costs_no_frame(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, FAILING);
	accel_stage.upkeep(f.lane->stage, f.now);
	/* look() has seen to it that each was answered well. */
	assert_int_equal(rollout_look_at(&f, 60, GOOD), 60);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "last", "completed"), "false");
	assert_non_null(strstr(rollout_told(&f, "last", "reason"), "it fails with 100.0 % of"));
	assert_int_equal(rollout_route(&f)->share, 0);
	rollout_close(&f);
}

static void one_that_disagrees_comes_back_by_itself(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, DIFFERENT);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_true(rollout_look_at(&f, 90, DIFFERENT) > 10);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(rollout_told(&f, "last", "reason"),
		"its answers differ from the stable version's by 100.0 %"));
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	rollout_close(&f);
}

/* Of the frames that all are its own, a tenth is compared. */
static void no_step_is_over_before_answers_were_compared(void **state)
{
	struct rollout_fixture f;
	json_t *json;

	rollout_open_fresh(&f);
	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollout",
				 "{\"version\": 4, \"steps\": [1], \"hold_s\": 0, "
				 "\"min_pictures\": 10}",
				 &json),
		200);
	json_decref(json);
	f.sequence = 1;
	accel_stage.upkeep(f.lane->stage, f.now);
	rollout_look_at(&f, 20, DIFFERENT);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"running\"");
	rollout_look_at(&f, 100, DIFFERENT);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(rollout_told(&f, "last", "reason"), "its answers differ"));
	rollout_close(&f);
}

static void limits_may_be_as_wide_as_one_likes(void **state)
{
	struct rollout_fixture f;
	json_t *json;

	rollout_open_fresh(&f);
	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollout",
				 "{\"version\": 4, \"share\": 1, \"hold_s\": 0.5, "
				 "\"min_pictures\": 5, \"max_disagreement\": 1}",
				 &json),
		200);
	json_decref(json);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(rollout_look_at(&f, 80, DIFFERENT), 80);
	assert_string_equal(rollout_told(&f, "stable", "version"), "4");
	rollout_close(&f);
}

static void the_decoder_learns_what_both_versions_need(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, LARGER);
	/* No picture before it does. */
	assert_int_equal(rollout_route(&f)->share, 0);
	accel_stage.upkeep(f.lane->stage, f.now);
	const struct gw_want *want = gw_camera_now(&f.gw, 0)->wants;

	assert_int_equal(want->width, SIDE);
	assert_non_null(want->next);
	assert_int_equal(want->next->width, 4);
	assert_int_equal(rollout_route(&f)->share, ROUTE_ALL / 2);
	assert_null(gw_camera_now(&f.gw, 1)->wants->next);
	rollout_route(&f)->share = 0; /* what it says of enlarged pictures is of no interest */
	json_t *json;

	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_null(gw_camera_now(&f.gw, 0)->wants->next);
	assert_int_equal(gw_camera_now(&f.gw, 0)->wants->width, SIDE);
	rollout_close(&f);
}

static void it_says_what_it_waits_for(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	/* Whoever asks has a clock of its own: as if the step had begun just now. */
	rollout_of(f.lane->stage, rollout_route(&f))->since = gw_now();
	assert_string_equal(
		rollout_told(&f, "rollout", "waiting"), "\"no pictures for this model yet\"");
	rollout_look_at(&f, 10, BETTER);
	rollout_of(f.lane->stage, rollout_route(&f))->since = gw_now();
	assert_string_equal(rollout_told(&f, "rollout", "waiting"), "null");
	/* Its time is over, and fewer than ten were the new version's. */
	rollout_of(f.lane->stage, rollout_route(&f))->since = gw_now() - 2 * GW_NS_PER_S;
	assert_string_equal(rollout_told(&f, "rollout", "waiting"),
		"\"too few pictures for the new version yet\"");
	rollout_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_does_well_takes_the_place_step_by_step),
		cmocka_unit_test(a_step_waits_for_enough_pictures),
		cmocka_unit_test(one_that_fails_comes_back_by_itself_and_costs_no_frame),
		cmocka_unit_test(one_that_disagrees_comes_back_by_itself),
		cmocka_unit_test(no_step_is_over_before_answers_were_compared),
		cmocka_unit_test(limits_may_be_as_wide_as_one_likes),
		cmocka_unit_test(the_decoder_learns_what_both_versions_need),
		cmocka_unit_test(it_says_what_it_waits_for),
	};

	return cmocka_run_group_tests(tests, rollout_make_repository, rollout_remove_repository);
}
