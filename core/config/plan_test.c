/* The plan of a camera: what is read, and what is refused with which line. */
#include "core/config/test_configs.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/config/camera.h"
#include "core/config/json.h"

#define WITH(plan) \
	"{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1,\n plan:\n  " plan "}"

static struct gw_camera_config *parsed(const char *text)
{
	struct gw_camera_config *camera;
	struct gw_error error;

	if (gw_config_camera_parse(text, strlen(text), "camera", &camera, &error) != 0)
		fail_msg("refused: %s", error.text);
	return camera;
}

static void refused(const char *text, const char *line)
{
	struct gw_camera_config *camera;
	struct gw_error error;

	assert_int_not_equal(
		gw_config_camera_parse(text, strlen(text), "camera", &camera, &error), 0);
	assert_null(camera);
	assert_string_equal(error.text, line);
}

static const char full[] = WITH(
	"[{model: objects, every: 2},\n"
	"   {name: kind, models: [resnet50, 'resnet50:2', other], combine: vote, from: objects,\n"
	"    only: [car, 'traffic light'], least: 0.3, most: 8, margin: 0.1},\n"
	"   {model: faces, name: face, from: kind}]");

static void its_steps_arrive_with_defaults(void **state)
{
	struct gw_camera_config *camera = parsed(full);
	const struct gw_step_config *plan = camera->plan;

	assert_int_equal(camera->plan_count, 3);
	assert_null(camera->model);
	assert_string_equal(gw_step_name(&plan[0]), "objects");
	assert_int_equal(plan[0].every, 2);
	assert_int_equal(plan[0].most, 16);
	assert_int_equal(plan[0].combine, GW_COMBINE_MEAN);
	assert_int_equal(gw_step_models(&plan[0]), 1);
	assert_string_equal(gw_step_model(&plan[0], 0), "objects");
	assert_int_equal(gw_plan_from(plan, 0), -1);

	assert_int_equal(gw_step_models(&plan[1]), 3);
	assert_string_equal(gw_step_model(&plan[1], 1), "resnet50:2");
	assert_int_equal(plan[1].combine, GW_COMBINE_VOTE);
	assert_int_equal(plan[1].only_count, 2);
	assert_string_equal(plan[1].only[1], "traffic light");
	assert_true(plan[1].least == 0.3f && plan[1].margin == 0.1f);
	assert_int_equal(plan[1].most, 8);
	assert_int_equal(plan[1].every, 1);
	assert_int_equal(gw_plan_from(plan, 1), 0);
	assert_int_equal(gw_plan_from(plan, 2), 1);
	gw_config_camera_free(camera);
}

static void its_json_is_read_again_and_a_copy_stands_alone(void **state)
{
	struct gw_camera_config *camera = parsed(full), *again;
	struct gw_camera_config *copy = gw_config_camera_copy(camera);
	json_t *before = gw_config_camera_json(camera);
	struct gw_error error;

	gw_config_camera_free(camera);
	json_t *after = gw_config_camera_json(copy);

	assert_true(json_equal(before, after));
	assert_int_equal(gw_config_camera_from_json(after, "camera", &again, &error), 0);
	json_t *read = gw_config_camera_json(again);

	assert_true(json_equal(before, read));
	/* As it was written, not as the nearest double of the nearest float. */
	assert_true(json_real_value(json_object_get(
			    json_array_get(json_object_get(read, "plan"), 1), "least")) == 0.3);
	json_decref(before);
	json_decref(after);
	json_decref(read);
	gw_config_camera_free(copy);
	gw_config_camera_free(again);
}

static void a_step_is_one_model_or_an_ensemble(void **state)
{
	refused(WITH("[], model: m"), "camera:3:3: 'plan' holds 0 entries: at least 1");
	refused(WITH("[{model: m}], model: m"),
		"camera:3:3: plan: give `model` or `plan`, not both: a plan names its models");
	refused(WITH("[{every: 2}]"),
		"camera:3:4: plan[0]: 'model' is missing: name the model that looks, or several "
		"as `models`");
	refused(WITH("[{model: m, models: [a, b]}]"),
		"camera:3:23: plan[0].models: give `model` or `models`, not both: a step is one "
		"model or an ensemble");
	refused(WITH("[{models: [a, b]}]"),
		"camera:3:4: plan[0]: 'name' is missing: an ensemble needs one, by which others "
		"call it");
	refused(WITH("[{name: e, models: [a]}]"),
		"camera:3:22: 'plan[0].models' holds 1 entries: at least 2");
	refused(WITH("[{name: e, models: [a, b, a]}]"),
		"camera:3:29: plan[0].models[2]: 'a' is in the ensemble already: another model, or "
		"another version of it, has an opinion of its own");
	refused(WITH("[{name: e, models: [a, 'b:x']}]"),
		"camera:3:26: plan[0].models[1]: 'b:x' is not NAME or NAME:VERSION, where VERSION "
		"is a whole number from 1");
	refused(WITH("[{model: a, combine: vote}]"),
		"camera:3:24: plan[0].combine: one model has nobody to vote with: name 2 to 4 as "
		"`models`, or leave it out");
	refused(WITH("[{model: a, combine: sum}]"),
		"camera:3:24: 'plan[0].combine' must be mean or vote, not 'sum'");
}

static void a_plan_begins_with_the_picture_and_leads_forward(void **state)
{
	refused(WITH("[{model: a, from: b}, {model: b}]"),
		"camera:3:21: plan[0].from: the first step has nothing before it: one that looks "
		"at the picture, without `from`, must come first");
	refused(WITH("[{model: a}, {model: b, from: b}]"),
		"camera:3:33: plan[1].from: 'b' is this step itself: name an earlier one");
	refused(WITH("[{model: a}, {model: b, from: c}, {model: c, from: b}]"),
		"camera:3:33: plan[1].from: 'c' comes later: a step looks at what an earlier one "
		"found, so put it before this one");
	refused(WITH("[{model: a}, {model: b, from: d}]"),
		"camera:3:33: plan[1].from: there is no step 'd' before this one: `from` is the "
		"`name` of an earlier step, or else its model");
	refused(WITH("[{model: a}, {model: a, from: a}]"),
		"camera:3:24: plan[1].model: 'a' is the name of step 1 already: give this one a "
		"`name` of its own");
	refused(WITH("[{model: a}, {name: x, model: b}, {name: x, model: c}]"),
		"camera:3:44: plan[2].name: 'x' is the name of step 2 already: give this one a "
		"`name` of its own");
	/* The same model may look again. */
	gw_config_camera_free(parsed(WITH("[{model: a}, {name: again, model: a, from: a}]")));
}

static void numbers_are_within_their_bounds(void **state)
{
#define CROPS(more) WITH("[{model: a}, {model: b, from: a, " more "}]")
	refused(CROPS("least: 1.5"),
		"camera:3:43: plan[1].least: must be a confidence, from 0 to 1");
	refused(CROPS("least: -0.1"),
		"camera:3:43: plan[1].least: must be a confidence, from 0 to 1");
	refused(CROPS("least: nan"), "camera:3:43: 'plan[1].least' must be a number, not 'nan'");
	refused(CROPS("most: 65"), "camera:3:42: plan[1].most: must be at most 64 crops");
	refused(CROPS("most: 0"),
		"camera:3:42: 'plan[1].most' must be a whole number from 1 to 64, not '0'");
	refused(CROPS("margin: 4.1"),
		"camera:3:44: plan[1].margin: must be from 0 to 4, as a part of the box's sides");
	refused(CROPS("every: 0"),
		"camera:3:43: 'plan[1].every' must be a whole number from 1 to 4294967295, not "
		"'0'");
	refused(CROPS("only: [x, y, x]"),
		"camera:3:49: plan[1].only[2]: 'x' is in the list already: leave one of them");
	refused(CROPS("only: []"), "camera:3:42: 'plan[1].only' holds 0 entries: at least 1");
	refused(WITH("[{model: a, only: [x]}]"),
		"camera:3:21: plan[0].only: is of crops, and this step looks at the picture: say "
		"`from` which step they come, or leave it out");
	refused(WITH("[{model: a, most: 3}]"),
		"camera:3:21: plan[0].most: is of crops, and this step looks at the picture: say "
		"`from` which step they come, or leave it out");
	refused(WITH("[{model: a, colour: blue}]"),
		"camera:3:15: unknown key 'plan[0].colour' (known here: name, model, models, "
		"combine, from, only, least, most, margin, every)");
}

static void a_plan_has_an_end(void **state)
{
	refused(WITH("[{model: a}, {model: b}, {model: c}, {model: d}, {model: e}, {model: f}, "
		     "{model: g}, {model: h}, {model: i}]"),
		"camera:3:3: 'plan' holds 9 entries: at most 8");
#define FOUR(n) "{name: " n ", models: [a, b, c, d]}"
	refused(WITH("[" FOUR("s") ", " FOUR("t") ", " FOUR("u") ", " FOUR("v") ", " FOUR(
			"w") ", " FOUR("x") ", {model: y}]"),
		"camera:3:3: plan: the steps name 25 models: at most 24 may look at one frame");
	gw_config_camera_free(parsed(WITH("[" FOUR("s") ", " FOUR("t") ", " FOUR("u") ", " FOUR(
		"v") ", " FOUR("w") ", " FOUR("x") "]")));
}

static void json_refused(const char *plan, const char *line)
{
	struct gw_camera_config *camera;
	struct gw_error error;
	char text[512];

	snprintf(text, sizeof(text),
		"{\"name\": \"a\", \"source\": \"10.0.0.1\", \"destination\": \"10.0.0.2\", "
		"\"port\": 1, \"plan\": %s}",
		plan);
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	assert_int_not_equal(gw_config_camera_from_json(json, "camera", &camera, &error), 0);
	assert_string_equal(error.text, line);
	json_decref(json);
}

static void json_has_its_types_in_lists_too(void **state)
{
	json_refused("[{\"model\": \"m\", \"every\": \"2\"}]",
		"camera: 'plan[0].every' must be a whole number from 1 to 4294967295, not the text "
		"\"2\"");
	json_refused("[{\"model\": 5}]",
		"camera: 'plan[0].model' must be text of 1 to 127 characters, not 5");
	json_refused("[{\"model\": \"m\", \"from\": null}]",
		"camera: 'plan[0].from' must be text of 1 to 127 characters, not null");
	json_refused("[{\"name\": \"e\", \"models\": [\"a\", 7]}]",
		"camera: 'plan[0].models[1]' must be text of 1 to 127 characters, not 7");
}

static void a_template_has_a_model_or_a_plan(void **state)
{
	struct gw_config *config = test_config(
		"kafka: {brokers: b, source: {topic: t, template: {plan: [{model: m}]}}}\n");

	assert_int_equal(config->kafka->source->template->plan_count, 1);
	assert_int_equal(config->kafka->source->template->plan[0].most, 16);
	gw_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_steps_arrive_with_defaults),
		cmocka_unit_test(its_json_is_read_again_and_a_copy_stands_alone),
		cmocka_unit_test(a_step_is_one_model_or_an_ensemble),
		cmocka_unit_test(a_plan_begins_with_the_picture_and_leads_forward),
		cmocka_unit_test(numbers_are_within_their_bounds),
		cmocka_unit_test(a_plan_has_an_end),
		cmocka_unit_test(json_has_its_types_in_lists_too),
		cmocka_unit_test(a_template_has_a_model_or_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
