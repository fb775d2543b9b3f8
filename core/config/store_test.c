/* What is stored loads to the same configuration. */
#include "core/config/test_configs.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/config/secrets.h"
#include "core/config/store.h"

static void assert_same(const struct gw_config *config, const struct gw_config *again)
{
	json_t *before = config_json_with_secrets(config);
	json_t *after = config_json_with_secrets(again);

	if (!json_equal(before, after))
		fail_msg("%s\n%s", json_dumps(before, 0), json_dumps(after, 0));
	json_decref(before);
	json_decref(after);
}

static void assert_reads_the_same(const struct gw_config *config)
{
	struct gw_config *again;
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_int_equal(strlen(text), size);
	if (gw_config_parse(text, size, &again, &error) != 0)
		fail_msg("%s\n%s", error.text, text);
	assert_same(config, again);
	gw_config_free(again);
	free(text);
}

static void every_key_comes_back(void **state)
{
	struct gw_config *config = test_config(EVERY_KEY);

	assert_reads_the_same(config);
	gw_config_free(config);
}

static void the_annotated_file_comes_back(void **state)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_equal(gw_config_load(SOURCE_ROOT "/configs/gateway.yaml", &config, &error), 0);
	assert_reads_the_same(config);
	gw_config_free(config);
}

static void only_what_differs_from_the_defaults_is_written(void **state)
{
	struct gw_config *config = test_config(
		"cores: {decode: [1, 2]}\n"
		"log: {level: info}\n"
		"cameras: [{name: 'off', source: 10.0.0.1, destination: 10.0.0.2, port: 5004,\n"
		"  quota: 8, conceal: false}]\n"
		"kafka: {frames: {every: 5}, properties: [{name: linger.ms, value: '5'}]}\n");
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_string_equal(text,
		"cores:\n"
		"  decode: [1, 2]\n"
		"cameras:\n"
		"- name: 'off'\n"
		"  source: 10.0.0.1\n"
		"  destination: 10.0.0.2\n"
		"  port: 5004\n"
		"kafka:\n"
		"  frames:\n"
		"    every: 5\n"
		"  properties:\n"
		"  - name: linger.ms\n"
		"    value: '5'\n");
	free(text);
	gw_config_free(config);
}

static void the_file_says_who_wrote_it(void **state)
{
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_file_text(config, &text, &size, &error), 0);
	assert_int_equal(strlen(text), size);
	assert_int_equal(strncmp(text, "# Written by Framegate", 22), 0);
	assert_non_null(strstr(text, "\ncameras: []\n"));
	free(text);
	gw_config_free(config);
}

static void a_gateway_without_cameras_is_saved_as_one(void **state)
{
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_string_equal(text, "cameras: []\n");
	free(text);
	gw_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_comes_back),
		cmocka_unit_test(the_annotated_file_comes_back),
		cmocka_unit_test(only_what_differs_from_the_defaults_is_written),
		cmocka_unit_test(the_file_says_who_wrote_it),
		cmocka_unit_test(a_gateway_without_cameras_is_saved_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
