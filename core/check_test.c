/* What a check and a start find: models that are not there, memory that is too little. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "core/gateway.h"

struct repository {
	char path[64];
};

static int make(void **state)
{
	struct repository *r = calloc(1, sizeof(*r));
	char folder[128];

	strcpy(r->path, "/tmp/framegate-check-XXXXXX");
	assert_non_null(mkdtemp(r->path));
	snprintf(folder, sizeof(folder), "%s/digits", r->path);
	assert_int_equal(mkdir(folder, 0700), 0);
	strcat(folder, "/2");
	assert_int_equal(mkdir(folder, 0700), 0);
	*state = r;
	return 0;
}

static int take_away(void **state)
{
	struct repository *r = *state;
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/digits/2", r->path);
	rmdir(folder);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
	rmdir(r->path);
	free(r);
	return 0;
}

/* Checks a camera with `more` keys; the line must hold the words. NULL: it is well. */
static void check_camera(const char *repository, const char *more, const char *words)
{
	struct gw_config *config;
	struct gw_error error;
	char text[512];

	snprintf(text, sizeof(text),
		"accel: {repository: %s}\n"
		"cameras: [{name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 1%s%s}]\n",
		repository, more[0] ? ", " : "", more);
	if (gw_config_parse(text, strlen(text), &config, &error) != 0)
		fail_msg("%s", error.text);
	const int status = gw_check_models(config, false, &error);

	assert_int_equal(status, words ? -ENOENT : 0);
	if (words && !strstr(error.text, words))
		fail_msg("'%s' is not in: %s", words, error.text);
	gw_config_free(config);
}

static void check(const char *repository, const char *model, const char *words)
{
	char more[64] = "";

	if (model)
		snprintf(more, sizeof(more), "model: %s", model);
	check_camera(repository, more, words);
}

static void models_that_are_there_are_well(void **state)
{
	struct repository *r = *state;

	check(r->path, "digits", NULL);
	check(r->path, "'digits:2'", NULL);
}

static void a_model_or_a_version_that_is_not_there_is_named(void **state)
{
	struct repository *r = *state;

	check(r->path, "faces", "model faces of camera door: there is no folder ");
	check(r->path, "'digits:3'", "/digits/3: put the model there");
}

static void every_model_of_a_plan_must_be_there(void **state)
{
	struct repository *r = *state;

	check_camera(
		r->path, "plan: [{model: digits}, {name: e, models: [digits, 'digits:2']}]", NULL);
	check_camera(r->path, "plan: [{model: digits}, {name: e, models: ['digits:2', faces]}]",
		"model faces of camera door: there is no folder ");
}

static void a_repository_is_only_needed_for_a_model(void **state)
{
	check("/nosuch", NULL, NULL);
	check("/nosuch", "digits",
		"accel.repository: there is no folder /nosuch, and camera door names a model");
}

static void memory_is_enough_for_frames_of_every_size(void **state)
{
	static const struct {
		const char *frames, *words;
	} cases[] = {
		{"", NULL},
		{"frames: {memory: 1}", "frames.memory: frames of every size"},
		{"frames: {memory: 1, classes: [{width: 320, height: 240, count: 9}]}", NULL},
		{"frames: {memory: 100, populate: true, "
		 "classes: [{width: 640, height: 480, count: 1000}]}",
			"frames.populate: all slots"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_config *config;
		struct gw_error error;
		char text[256];

		snprintf(text, sizeof(text), "cameras: []\n%s\n", cases[i].frames);
		assert_int_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
		assert_int_equal(gw_check_frames(config, &error), cases[i].words ? -ENOMEM : 0);
		if (cases[i].words)
			assert_non_null(strstr(error.text, cases[i].words));
		gw_config_free(config);
	}
}

static void the_template_of_a_source_names_a_model_too(void **state)
{
	static const char text[] =
		"cameras: []\n"
		"accel: {repository: /nosuch}\n"
		"kafka: {brokers: b, source: {topic: t, template: {model: digits}}}\n";
	struct gw_config *config;
	struct gw_error error;

	assert_int_equal(gw_config_parse(text, sizeof(text) - 1, &config, &error), 0);
	assert_int_equal(gw_check_models(config, false, &error), -ENOENT);
	assert_non_null(strstr(error.text, "kafka.source.template names a model"));
	assert_int_equal(gw_check_models(config, true, &error), 0);
	gw_config_free(config);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, take_away)
	const struct CMUnitTest tests[] = {
		TEST(models_that_are_there_are_well),
		TEST(a_model_or_a_version_that_is_not_there_is_named),
		TEST(every_model_of_a_plan_must_be_there),
		TEST(a_repository_is_only_needed_for_a_model),
		TEST(memory_is_enough_for_frames_of_every_size),
		TEST(the_template_of_a_source_names_a_model_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
