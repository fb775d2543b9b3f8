/* What becomes of a camera's steps: a plan, or a line that says what does not fit. */
#include "accel/plan.h"

#include <stdio.h>
#include <string.h>

#include "accel/job.h"
#include "accel/test_stage.h"
#include "core/test.h"

#define CLASSIFIER(labels) \
	"task: classify\n" \
	"labels: [" labels "]\n" \
	"input: {tensor: in, width: 4, height: 2, channels: 1, mean: [0], scale: [1]}\n" \
	"classify: {tensor: out, top_k: 1}\n" \
	"batch: {max: 4, deadline_ms: 5}\n"

static const char finds[] = "task: detect\n"
			    "labels: [a, b, c, d]\n"
			    "input: {tensor: in, width: 16, height: 8, channels: 3, mean: [0, 0, "
			    "0], scale: [1, 1, 1]}\n"
			    "detect: {head: boxes, tensor: out, threshold: 0.5, max_boxes: 10}\n"
			    "batch: {max: 1, deadline_ms: 5}\n";
static const char keeps[] =
	"task: raw\n"
	"input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [1]}\n"
	"raw: {tensors: [out]}\n"
	"batch: {max: 1, deadline_ms: 5}\n";

static int make_repository(void **state)
{
	const int status = test_stage_make_repository(state);

	/* `marks` has labels a, b, c and d. */
	test_stage_add_model("twin", '2', test_stage_marks);
	test_stage_add_model("fewer", '3', CLASSIFIER("a, b, c"));
	test_stage_add_model("others", '4', CLASSIFIER("a, b, c, e"));
	test_stage_add_model("find", '5', finds);
	test_stage_add_model("keep", '6', keeps);
	return status;
}

#define PLAN(steps) "cameras:\n" CAMERA("gate", "5000", ", plan: [" steps "]")

static const struct plan *plan_of(struct test_stage *f, const char *cameras)
{
	if (test_stage_open(f, cameras, "null") != 0)
		fail_msg("%s", f->error.text);
	return gw_camera_now(&f->gw, 0)->of[GW_STAGE_ACCEL];
}

static void every_step_finds_its_models_and_whose_boxes_it_looks_at(void **state)
{
	struct test_stage f;
	const struct plan *plan = plan_of(&f,
		PLAN("{model: find}, {name: kind, models: [marks, twin], combine: vote, from: "
		     "find, "
		     "only: [b, d], least: 0.25, most: 3, margin: 0.5}, {model: fewer, every: 4}"));
	const struct plan_step *kind = &plan->step[1];

	assert_int_equal(plan->step_count, 3);
	assert_false(plan->single);
	assert_int_equal(plan->step[0].from, -1);
	assert_null(plan->step[0].only);
	assert_int_equal(kind->from, 0);
	assert_int_equal(kind->model_count, 2);
	assert_string_equal(kind->route[0]->name, "marks");
	assert_string_equal(kind->route[1]->name, "twin");
	assert_int_equal(kind->combine, GW_COMBINE_VOTE);
	assert_int_equal(kind->most, 3);
	assert_float_equal(kind->least, 0.25f, 0);
	assert_float_equal(kind->margin, 0.5f, 0);
	assert_false(kind->only[0]);
	assert_true(kind->only[1]);
	assert_false(kind->only[2]);
	assert_true(kind->only[3]);
	assert_int_equal(plan->step[2].from, -1);
	assert_int_equal(plan->step[2].every, 4);
	/* An ensemble takes a job more than it has models. */
	assert_int_equal(plan->jobs_most, 1 + 3 * 3 + 1);
	test_stage_close(&f);
}

static void the_decoder_is_told_of_what_looks_at_the_picture_itself(void **state)
{
	struct test_stage f;
	const struct plan *plan = plan_of(
		&f, PLAN("{model: find}, {model: marks, from: find}, {model: fewer, every: 4}"));

	assert_int_equal(plan->want_count, 2);
	assert_int_equal(plan->wants[0].width, 16);
	assert_int_equal(plan->wants[1].width, 4);
	assert_int_equal(plan->wants[1].every, 4);
	assert_ptr_equal(plan->wants[0].next, &plan->wants[1]);
	assert_null(plan->wants[1].next);
	for (uint32_t i = 0; i < 2; i++) {
		/* One of the models wants colours, and parts are looked at closely. */
		assert_false(plan->wants[i].gray);
		assert_true(plan->wants[i].full);
	}
	test_stage_close(&f);
	plan = plan_of(&f, PLAN("{model: marks}, {model: fewer}"));
	assert_true(plan->wants[0].gray);
	assert_false(plan->wants[0].full);
	test_stage_close(&f);
}

static void one_model_is_a_plan_of_one_step(void **state)
{
	struct test_stage f;
	const struct plan *plan =
		plan_of(&f, "cameras:\n" CAMERA("gate", "5000", ", model: marks"));

	assert_true(plan->single);
	assert_int_equal(plan->step_count, 1);
	assert_int_equal(plan->jobs_most, 1);
	test_stage_close(&f);
	assert_null(plan_of(&f, "cameras:\n" CAMERA("gate", "5000", "")));
	test_stage_close(&f);
}

#define REFUSED(steps, words) test_stage_assert_refused(PLAN(steps), "null", words)

static void models_of_an_ensemble_must_mean_the_same(void **state)
{
	REFUSED("{name: kind, models: [marks, fewer]}",
		"step \"kind\": models marks and fewer do not have the same task and labels");
	REFUSED("{name: kind, models: [marks, others]}", "models marks and others do not have");
	REFUSED("{name: kind, models: [marks, twin, others]}", "models marks and others");
	REFUSED("{name: kind, models: [marks, find]}", "models marks and find do not have");
	REFUSED("{name: kind, models: [find, marks]}", "models find and marks do not have");
	REFUSED("{name: kind, models: [keep, \"keep:1\"]}",
		"step \"kind\": answers of models that raw cannot be made one");
}

static void a_step_must_find_what_it_looks_at(void **state)
{
	REFUSED("{model: marks}, {model: twin, from: marks}",
		"step \"twin\": step \"marks\" finds no boxes to look at: its model's task is "
		"classify");
	REFUSED("{model: keep}, {model: twin, from: keep}", "its model's task is raw");
	REFUSED("{model: find}, {model: marks, from: find, only: [a, e]}",
		"step \"marks\": `only` names \"e\", which is no label of model find");
	REFUSED("{model: find}, {model: faces, from: find}", "faces");
}

#define CROWD(name) \
	", {name: " name ", models: [marks, twin, \"marks:1\", \"twin:1\"], from: find, most: 64}"

static void a_plan_that_looks_too_often_is_refused(void **state)
{
	struct test_stage f;
	const struct plan *plan =
		plan_of(&f, PLAN("{model: find}" CROWD("a") CROWD("b") CROWD("c")));

	assert_int_equal(plan->jobs_most, 1 + 3 * 64 * 5);
	assert_true(plan->jobs_most <= JOBS);
	test_stage_close(&f);
	REFUSED("{model: find}" CROWD("a") CROWD("b") CROWD("c") CROWD("d"),
		"the plan may look 1281 times at one picture, and 1024 is the most: lower `most`");
}

static void a_camera_that_runs_keeps_its_plan_when_a_new_one_is_refused(void **state)
{
	struct test_stage f;
	const struct plan *before = plan_of(&f, PLAN("{model: find}, {model: marks, from: find}"));
	struct gw_camera_config config = f.gw.config->cameras[0];
	struct gw_step_config steps[2];
	char keep[] = "keep", name[] = "keep2";

	steps[0] = config.plan[0];
	steps[1] = config.plan[1];
	steps[0].model = keep;
	steps[1].from = keep;
	steps[1].name = name;
	config.plan = steps;
	assert_int_not_equal(gw_camera_put(&f.gw, &config, &f.error), 0);
	assert_non_null(strstr(f.error.text, "finds no boxes"));
	assert_ptr_equal(gw_camera_now(&f.gw, 0)->of[GW_STAGE_ACCEL], before);
	test_stage_push(&f, 0, 0, 1);
	assert_int_equal(test_stage_work(&f), 1);
	assert_false(gw_frame_failed(f.out[0]));
	test_stage_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_finds_its_models_and_whose_boxes_it_looks_at),
		cmocka_unit_test(the_decoder_is_told_of_what_looks_at_the_picture_itself),
		cmocka_unit_test(one_model_is_a_plan_of_one_step),
		cmocka_unit_test(models_of_an_ensemble_must_mean_the_same),
		cmocka_unit_test(a_step_must_find_what_it_looks_at),
		cmocka_unit_test(a_plan_that_looks_too_often_is_refused),
		cmocka_unit_test(a_camera_that_runs_keeps_its_plan_when_a_new_one_is_refused),
	};

	return cmocka_run_group_tests(tests, make_repository, test_stage_remove_repository);
}
