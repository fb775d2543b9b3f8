/* What is kept of rollouts while the repository cannot be written to, and afterwards. */
#include "accel/rollout/test_rollout.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/accel.h"
#include "core/clock.h"
#include "core/test_gateway.h"

/* Nothing can take a folder's place. */
static void block(bool is_blocked)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/marks/rollout.json", rollout_directory);
	if (is_blocked) {
		rollout_remove("marks/rollout.json");
		assert_int_equal(mkdir(path, 0755), 0);
	} else {
		assert_int_equal(rmdir(path), 0);
	}
}

static void upkeep_for(struct rollout_fixture *f, uint32_t seconds)
{
	for (uint32_t i = 0; i < 10 * seconds; i++) {
		f->now += 100 * GW_NS_PER_MS;
		accel_stage.upkeep(f->lane->stage, f->now);
	}
}

static void roll_back(struct rollout_fixture *f)
{
	json_t *json;

	assert_int_equal(rollout_ask(f, "POST", "models/marks/rollback", NULL, &json), 200);
	/* Whoever asked is told at once. */
	assert_true(json_is_string(json_object_get(json, "unsaved")));
	json_decref(json);
}

/* A version that looks at half of the pictures, and is rolled back while that cannot be kept. */
static void open_rolled_back(struct rollout_fixture *f)
{
	rollout_open_fresh(f);
	rollout_roll_out(f, BETTER);
	accel_stage.upkeep(f->lane->stage, f->now);
	rollout_look_at(f, 20, BETTER);
	block(true);
	roll_back(f);
}

static void a_rollout_does_not_begin(void **state)
{
	struct rollout_fixture f;

	rollout_open_fresh(&f);
	block(true);
	rollout_assert_refused(
		&f, "models/marks/rollout", "{\"version\": 2}", 500, "let it write to");
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	block(false);
	rollout_close(&f);
}

static void what_was_not_kept_is_written_when_it_can_be(void **state)
{
	struct rollout_fixture f;

	open_rolled_back(&f);
	upkeep_for(&f, 25);
	assert_string_not_equal(rollout_told(&f, NULL, "unsaved"), "null");
	block(false);
	upkeep_for(&f, 11);
	assert_string_equal(rollout_told(&f, NULL, "unsaved"), "null");
	assert_true(rollout_is_there("marks/rollout.json"));
	/* As one that was killed comes up again. */
	rollout_close(&f);
	rollout_open(&f);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(rollout_told(&f, "last", "reason"), "\"rolled back by uid 7 (anna)\"");
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	rollout_close(&f);
}

static void the_end_of_the_gateway_is_one_more_try(void **state)
{
	struct rollout_fixture f;

	open_rolled_back(&f);
	block(false);
	rollout_close(&f);
	assert_true(rollout_is_there("marks/rollout.json"));
	rollout_open(&f);
	assert_string_equal(rollout_told(&f, NULL, "phase"), "\"none\"");
	rollout_close(&f);
}

static void the_next_change_keeps_all(void **state)
{
	struct rollout_fixture f;

	open_rolled_back(&f);
	block(false);
	rollout_roll_out(&f, BETTER);
	assert_string_equal(rollout_told(&f, NULL, "unsaved"), "null");
	rollout_close(&f);
}

static void *call_back(void *arg)
{
	json_t *json;
	const int status = rollout_ask(arg, "POST", "models/marks/rollback", NULL, &json);

	json_decref(json);
	return (void *)(intptr_t)status;
}

static void who_rolls_back_twice_is_told_that_it_is_under_way(void **state)
{
	struct rollout_fixture f;
	struct accel *accel;
	pthread_t thread;
	void *first;

	rollout_write("marks/rollout.json", "{\"format\": 1, \"stable\": 2, \"previous\": 1}");
	rollout_open(&f);
	accel = f.lane->stage->state;
	/* As if another model was loaded just now. */
	pthread_mutex_lock(&accel->opening);
	assert_int_equal(pthread_create(&thread, NULL, call_back, &f), 0);
	while (strcmp(rollout_told(&f, NULL, "phase"), "\"returning\"") != 0)
		sched_yield();
	rollout_assert_refused(&f, "models/marks/rollback", NULL, 409,
		"it is being rolled back: version 1, which was there before, is loaded");
	rollout_assert_refused(&f, "models/marks/rollout", "{\"version\": 4}", 409,
		"version 1 is being loaded, to have its place back");
	pthread_mutex_unlock(&accel->opening);
	pthread_join(thread, &first);
	assert_int_equal((intptr_t)first, 200);
	assert_int_equal(rollout_look_at(&f, 20, GOOD), 20);
	rollout_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rollout_does_not_begin),
		cmocka_unit_test(what_was_not_kept_is_written_when_it_can_be),
		cmocka_unit_test(the_end_of_the_gateway_is_one_more_try),
		cmocka_unit_test(the_next_change_keeps_all),
		cmocka_unit_test(who_rolls_back_twice_is_told_that_it_is_under_way),
	};

	return cmocka_run_group_tests(tests, rollout_make_repository, rollout_remove_repository);
}
