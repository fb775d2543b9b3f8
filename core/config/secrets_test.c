/* What is never shown: neither in JSON nor in an error line. */
#include "core/config/test_configs.h"

#include <stdlib.h>

#include "core/config/json.h"

static void json_shows_names_and_no_secrets(void **state)
{
	struct gw_config *config = test_config(EVERY_KEY);
	json_t *json = gw_config_json(config);
	char *text = json_dumps(json, 0);

	assert_null(strstr(text, "hunter2"));
	assert_non_null(strstr(text, "{\"name\": \"sasl.password\", \"value\": \"***\"}"));
	/* A mistyped name, in the source's list. */
	assert_non_null(strstr(text, "{\"name\": \"sasl.pasword\", \"value\": \"***\"}"));
	assert_non_null(strstr(text, "{\"name\": \"linger.ms\", \"value\": \"5\"}"));
	free(text);
	json_decref(json);
	gw_config_free(config);
}

static void json_has_lanes_as_the_file_has_them(void **state)
{
	struct gw_config *config = test_config("cameras: []\ncores: {rx: [1, 2], decode: 3}\n");
	json_t *json = gw_config_json(config);
	char *text = json_dumps(json_object_get(json, "cores"), 0);

	assert_string_equal(text, "{\"rx\": [1, 2], \"decode\": 3}");
	assert_int_equal(json_array_size(json_object_get(json, "cameras")), 0);
	assert_true(json_is_array(json_object_get(json, "cameras")));
	free(text);
	json_decref(json);
	gw_config_free(config);
}

static void refused(const char *properties, const char *line)
{
	char text[512] = "cameras: []\nkafka: {properties: ";
	struct gw_config *config;
	struct gw_error error;

	strcat(text, properties);
	strcat(text, "}\n");
	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_string_equal(error.text, line);
	assert_null(strstr(error.text, "hunter2"));
}

static void a_wrong_list_of_properties_is_not_repeated(void **state)
{
	refused("sasl.password=hunter2",
		"configuration:2:21: 'kafka.properties' must be a list ('- ...' or [...])");
	refused("[sasl.password=hunter2]",
		"configuration:2:22: 'kafka.properties[0]' must be a mapping ('key: value')");
	refused("[{name: a, value: [hunter2]}]",
		"configuration:2:39: 'kafka.properties[0].value' must be text of 0 to 65535 "
		"characters");
	refused("[{sasl.pasword: hunter2}]",
		"configuration:2:22: unknown key 'kafka.properties[0].sasl.pasword' (known here: "
		"name, value, file, env)");
}

static void a_value_that_is_too_long_is_not_repeated(void **state)
{
	static char text[70000] = "cameras: []\nkafka: {properties: [{name: a, value: hunter2";
	struct gw_config *config;
	struct gw_error error;

	memset(text + strlen(text), 'x', 65536);
	strcat(text, "}]}\n");
	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_string_equal(error.text,
		"configuration:2:39: 'kafka.properties[0].value' must be text of 0 to 65535 "
		"characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_shows_names_and_no_secrets),
		cmocka_unit_test(json_has_lanes_as_the_file_has_them),
		cmocka_unit_test(a_wrong_list_of_properties_is_not_repeated),
		cmocka_unit_test(a_value_that_is_too_long_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
