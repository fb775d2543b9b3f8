/* Rollouts that are refused, that end by hand, and that go on after a restart. */
#include "accel/rollout/test_rollout.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/batcher_own.h"
#include "core/clock.h"
#include "core/test_gateway.h"

static void it_is_taken_back_by_hand_at_once(void **state)
{
	struct rollout_fixture f;
	json_t *json;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_true(rollout_look_at(&f, 20, BETTER) > 0);
	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	assert_string_equal(rollout_told(&f, "last", "reason"), "\"rolled back by uid 7 (anna)\"");
	/* There is nothing more to take back. */
	rollout_assert_refused(
		&f, "models/marks/rollback", NULL, 409, "nothing is being rolled out");
	rollout_close(&f);
}

static void what_has_taken_the_place_is_taken_back_by_hand(void **state)
{
	struct rollout_fixture f;
	json_t *json;

	rollout_write("marks/rollout.json", "{\"format\": 1, \"stable\": 2, \"previous\": 1}");
	rollout_open(&f);
	assert_int_equal(rollout_look_at(&f, 20, BETTER), 20);
	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	rollout_close(&f);
	rollout_open(&f);
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	rollout_close(&f);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct rollout_fixture f;
	const struct accel *accel;

	rollout_open_fresh(&f);
	accel = f.lane->stage->state;
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 1}", 400,
		"version 1 looks at all pictures already");
	rollout_assert_refused(
		&f, "models/marks/rollout", "{\"version\": 99}", 400, "no such version (there: ");
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 7}", 400, "nonsense");
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 5}", 400,
		"does not have the task and the labels of version 1");
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 2, \"steps\": [0.5]}",
		400, "the last step must be 100%");
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 2, \"stpes\": [1]}", 400,
		"'stpes' is no part of a rollout");
	rollout_assert_refused(&f, "models/marks/rollout", NULL, 400, "a body is needed");
	rollout_assert_refused(
		&f, "models/faces/rollout", "{\"version\": 2}", 404, "no camera names model faces");
	rollout_assert_refused(
		&f, "models/marks:1/rollout", "{\"version\": 2}", 404, "without a version");
	rollout_roll_out(&f, BETTER);
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 4}", 409,
		"version 2 is being rolled out (step 1 of 2)");
	assert_int_equal(rollout_look_at(&f, 5, GOOD), 5);
	accel_stage.upkeep(f.lane->stage, f.now);
	/* The one with other labels was loaded, and is gone again. */
	for (uint32_t i = 0, live = 0; i < GW_MODELS; i++) {
		live += accel->use[i].phase != ACCEL_FREE;
		assert_true(live <= 2);
	}
	rollout_close(&f);
}

static void a_rollout_goes_on_after_a_restart_in_its_step(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	rollout_look_at(&f, 120, BETTER);
	assert_string_equal(rollout_told(&f, "rollout", "step"), "2");
	/* Nothing is written at the end: it may as well have been killed. */
	rollout_close(&f);
	rollout_open(&f);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"running\"");
	assert_string_equal(rollout_told(&f, "rollout", "step"), "2");
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(rollout_look_at(&f, 90, BETTER), 90);
	rollout_look_at(&f, 20, BETTER);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "stable", "version"), "2");
	rollout_close(&f);
}

static void one_that_ends_the_gateway_again_and_again_is_taken_back(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	rollout_close(&f);
	for (int i = 0; i < ROLLOUT_STARTS; i++) {
		rollout_open(&f);
		assert_string_equal(rollout_told(&f, NULL, "phase"), "\"running\"");
		rollout_close(&f);
	}
	rollout_open(&f);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(
		rollout_told(&f, "last", "reason"), "\"the gateway ended 3 times in step 1\"");
	assert_int_equal(rollout_look_at(&f, 10, GOOD), 10);
	rollout_close(&f);
}

static void one_that_is_not_there_after_a_restart_is_taken_back(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	rollout_roll_out(&f, BETTER);
	rollout_close(&f);
	rollout_remove("marks/2/model.yaml");
	rollout_open(&f);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(rollout_told(&f, "last", "reason"), "after a restart: "));
	assert_int_equal(rollout_look_at(&f, 10, GOOD), 10);
	rollout_close(&f);
	rollout_make_version(BETTER, "a, b, c, d", SIDE, "mean: [0], scale: [1]");
}

/* It has a picture and never gives it back: nothing turns the lane. */
static void one_that_does_not_answer_is_taken_back(void **state)
{
	struct rollout_fixture f;
	struct accel_lane *own;
	struct accel *accel;
	static struct job stuck;

	rollout_open_fresh(&f);
	own = f.lane->state;
	accel = f.lane->stage->state;
	rollout_roll_out(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	const uint16_t canary = route_canary(rollout_route(&f));

	stuck.frame = test_gateway_frame(&f.gw, 0, SIDE, SIDE);
	batcher_add(own->batchers[canary], &stuck);
	f.now += 4 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"running\"");
	f.now += 2 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "last", "reason"), "\"it has not answered for 5 s\"");
	/* It cannot be closed as long as it has something. */
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(accel->use[canary].phase, ACCEL_LEAVING);
	assert_int_equal(rollout_route(&f)->share, 0);
	rollout_close(&f);
}

struct loader {
	struct accel *accel;
	_Atomic bool loads, ends;
};

static void *load(void *arg)
{
	struct loader *loader = arg;
	const int64_t end = gw_now() + 10 * GW_NS_PER_S;

	pthread_mutex_lock(&loader->accel->opening);
	loader->loads = true;
	while (!loader->ends && gw_now() < end)
		sched_yield();
	pthread_mutex_unlock(&loader->accel->opening);
	return NULL;
}

/* The decoders have to learn that the version has a larger input. */
static void the_control_thread_waits_for_no_other_model(void **state)
{
	struct rollout_fixture f;
	struct loader loader = {0};
	pthread_t thread;

	rollout_open_fresh(&f);
	loader.accel = f.lane->stage->state;
	rollout_roll_out(&f, LARGER);
	assert_int_equal(pthread_create(&thread, NULL, load, &loader), 0);
	while (!loader.loads)
		sched_yield();
	const int64_t begin = gw_now();

	accel_stage.upkeep(f.lane->stage, f.now);
	assert_true(gw_now() - begin < 5 * GW_NS_PER_S);
	loader.ends = true;
	pthread_join(thread, NULL);
	rollout_close(&f);
}

static _Atomic bool hangs;
static void (*finish)(void *owner, struct infer_batch *batch);

/* The end of a run, on the engine's thread. */
static void end_when_it_may(void *owner, struct infer_batch *batch)
{
	const int64_t latest = gw_now() + 30 * GW_NS_PER_S;

	while (hangs && gw_now() < latest)
		sched_yield();
	finish(owner, batch);
}

/* Lets the stage work until so many frames have come out; returns after how long, ns. */
static int64_t work_until(struct rollout_fixture *f, uint32_t frames)
{
	const int64_t begin = gw_now();
	uint32_t out = 0;

	while (out < frames && gw_now() - begin < 30 * GW_NS_PER_S) {
		accel_stage.poll(f->lane);
		const uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_ACCEL, f->out, FRAMES);

		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(f->out[i]->drop, GW_DROP_NONE);
			assert_int_equal(f->out[i]->sequence, f->delivered++);
			assert_int_equal(f->gw.models[f->out[i]->result.model].version, GOOD);
			gw_frame_unref(f->out[i]);
		}
		out += count;
		sched_yield();
	}
	assert_int_equal(out, frames);
	return gw_now() - begin;
}

/* Its engine never ends a run: the pictures are the stable version's, also those of a camera that
 * wait behind, whoever took the version back and whenever. */
static void a_run_that_does_not_end_holds_no_frame(void **state)
{
	struct rollout_fixture f;
	struct accel_lane *own;
	struct accel *accel;
	json_t *json;

	rollout_open_fresh(&f);
	own = f.lane->state;
	accel = f.lane->stage->state;
	assert_int_equal(rollout_ask(&f, "POST", "models/marks/rollout",
				 "{\"version\": 2, \"steps\": [1]}", &json),
		200);
	json_decref(json);
	accel_stage.upkeep(f.lane->stage, f.now);
	const uint16_t canary = route_canary(rollout_route(&f));

	struct infer_spec *spec = &own->batchers[canary]->berth[0].spec;

	finish = spec->finish;
	spec->finish = end_when_it_may;
	hangs = true;
	for (int i = 0; i < 8; i++)
		rollout_put(&f);
	/* Generous where the machine is busy: the promise is 5 s. */
	assert_in_range(work_until(&f, 8), 4 * GW_NS_PER_S, 8 * GW_NS_PER_S);
	rollout_put(&f);
	assert_true(work_until(&f, 1) < 2 * GW_NS_PER_S);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "last", "reason"), "\"it has not answered for 5 s\"");
	/* Nobody waits for that run. */
	for (int i = 0; i < 5; i++)
		accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(accel->use[canary].phase, ACCEL_LEAVING);
	hangs = false;
	while (batcher_lost(own->batchers[canary]) > 0)
		accel_stage.poll(f.lane);
	for (int i = 0; i < 5; i++)
		accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(accel->use[canary].phase, ACCEL_FREE);
	assert_int_equal(f.gw.devices[0].queued, 0);
	rollout_close(&f);
}

static void without_a_file_the_highest_version_runs_and_none_is_made(void **state)
{
	struct rollout_fixture f;

	rollout_remove("marks/rollout.json");
	rollout_remove("marks/7/model.yaml");
	rollout_remove("marks/7/model.onnx");
	rollout_remove("marks/7");
	rollout_open(&f);
	assert_int_equal(f.gw.models[rollout_route(&f)->stable].version, LARGER);
	assert_string_equal(rollout_told(&f, NULL, "previous"), "null");
	assert_false(rollout_is_there("marks/rollout.json"));
	rollout_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_taken_back_by_hand_at_once),
		cmocka_unit_test(what_has_taken_the_place_is_taken_back_by_hand),
		cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
		cmocka_unit_test(a_rollout_goes_on_after_a_restart_in_its_step),
		cmocka_unit_test(one_that_ends_the_gateway_again_and_again_is_taken_back),
		cmocka_unit_test(one_that_is_not_there_after_a_restart_is_taken_back),
		cmocka_unit_test(one_that_does_not_answer_is_taken_back),
		cmocka_unit_test(the_control_thread_waits_for_no_other_model),
		cmocka_unit_test(a_run_that_does_not_end_holds_no_frame),
		cmocka_unit_test(without_a_file_the_highest_version_runs_and_none_is_made),
	};

	return cmocka_run_group_tests(tests, rollout_make_repository, rollout_remove_repository);
}
