/* Models that no route leads to any more. */
#include "core/test.h"

#include <string.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "accel/test_stage.h"

/* Lets a route lead to another model, as a rollout does. */
static void lead(struct test_stage *f, const char *route, const char *model)
{
	struct accel *accel = f->lane->stage->state;
	struct route *found = NULL;

	for (uint32_t i = 0; i < f->gw.route_count; i++)
		if (strcmp(accel->routes[i].name, route) == 0)
			found = &accel->routes[i];
	assert_non_null(found);
	pthread_mutex_lock(&accel->opening);
	const uint32_t index = accel_model_open(f->lane->stage, model, &f->error);

	assert_true(index < GW_MODELS);
	found->stable = (uint16_t)index;
	pthread_mutex_unlock(&accel->opening);
}

static void a_model_goes_when_its_jobs_and_its_frames_have_gone(void **state)
{
	struct test_stage f;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	struct accel *accel = f.lane->stage->state;
	struct accel_lane *own = f.lane->state;

	test_stage_push(&f, 0, 0, 1);
	/* It has the job now. */
	assert_true(accel_stage.poll(f.lane) > 0);
	if (batcher_waiting(own->batchers[0]) == 0)
		test_stage_push(&f, 0, 1, 1);
	lead(&f, "swap:1", "more:1");
	assert_int_equal(f.gw.model_count, 2);
	uint32_t out = test_stage_work(&f);

	assert_true(out > 0);
	for (int i = 0; i < 3; i++)
		accel_stage.upkeep(f.lane->stage, 0);
	/* Closed, but what its results mean is known still. */
	assert_null(accel_model(accel, 0));
	assert_null(own->batchers[0]);
	assert_int_equal(accel->use[0].phase, ACCEL_CLOSED);
	assert_string_equal(f.gw.models[f.out[0]->result.model].labels[1], "b");
	assert_string_equal(f.gw.models[f.out[0]->result.model].name, "swap");
	for (uint32_t i = 0; i < out; i++)
		gw_frame_unref(f.out[i]);
	accel_stage.upkeep(f.lane->stage, 0);
	assert_int_equal(accel->use[0].phase, ACCEL_FREE);
	test_stage_push(&f, 0, 2, 3);
	assert_int_equal(test_stage_work(&f), 1);
	assert_int_equal(f.out[0]->result.model, 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 3);
	test_stage_close(&f);
}

static void an_index_that_is_free_is_another_models(void **state)
{
	struct test_stage f;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	for (uint32_t i = 0; i < 3 * GW_MODELS; i++) {
		lead(&f, "swap:1", i % 2 ? "swap:1" : "more:1");
		test_stage_push(&f, 0, i, i % 4);
		assert_int_equal(test_stage_work(&f), 1);
		assert_false(gw_frame_failed(f.out[0]));
		assert_string_equal(
			f.gw.models[f.out[0]->result.model].name, i % 2 ? "swap" : "more");
		gw_frame_unref(f.out[0]);
		accel_stage.upkeep(f.lane->stage, 0);
	}
	assert_int_equal(f.gw.model_count, GW_MODELS);
	test_stage_close(&f);
}

static int make_repository(void **state)
{
	const int status = test_stage_make_repository(state);

	test_stage_add_model("swap", '2', test_stage_marks);
	test_stage_add_model("more", '3', test_stage_marks);
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_goes_when_its_jobs_and_its_frames_have_gone),
		cmocka_unit_test(an_index_that_is_free_is_another_models),
	};

	return cmocka_run_group_tests(tests, make_repository, test_stage_remove_repository);
}
