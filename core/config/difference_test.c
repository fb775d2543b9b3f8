/* Two configurations, key by key, and what each difference needs. */
#include "core/config/test_configs.h"

#include <errno.h>
#include <stdio.h>

#include "core/config/difference.h"
#include "core/config/json.h"
#include "core/config/rules.h"

static void write_down(void *arg, const struct gw_config_change *change)
{
	static const char *const words[] = {"added", "removed", "changed"};
	char *said = arg;

	snprintf(said + strlen(said), 2048 - strlen(said), "%s %s %s %s\n", change->path,
		words[change->kind], change->was ? change->was : "-",
		change->is ? change->is : "-");
}

static void assert_difference(
	const char *was_text, const char *is_text, int count, const char *lines)
{
	struct gw_config *was = test_config(was_text), *is = test_config(is_text);
	char said[2048] = "";

	assert_int_equal(gw_config_difference(was, is, write_down, said), count);
	assert_string_equal(said, lines);
	gw_config_free(was);
	gw_config_free(is);
}

#define CAMERA(name, port) \
	"{name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}"

static void the_same_has_no_difference(void **state)
{
	assert_difference(EVERY_KEY, EVERY_KEY, 0, "");
	/* A default that is written out. */
	assert_difference("log: {}\n", "cameras: []\ninterfaces: []\n", 0, "");
	assert_difference("cameras: []\n", "cameras: []\nlog: {level: info}\n", 0, "");
}

static void a_value_is_named_with_what_it_was_and_is(void **state)
{
	assert_difference("cameras: []\nkafka: {frames: {every: 5}}\n",
		"cameras: []\nkafka: {frames: {every: 7}}\ngateway: {mode: lossless}\n", 2,
		"gateway.mode changed realtime lossless\n"
		"kafka.frames.every changed 5 7\n");
	assert_difference("cameras: []\nkafka: {brokers: a}\ncores: {rx: 2}\n",
		"cameras: []\ncores: {rx: [1, 2], sink: 1}\n", 3,
		"cores.rx changed 2 [1,2]\n"
		"cores.sink added - 1\n"
		"kafka.brokers removed a -\n");
}

static void a_device_is_named_and_needs_a_restart(void **state)
{
	assert_difference("cameras: []\naccel: {devices: [{name: a, cores: [0]}]}\n",
		"cameras: []\naccel: {devices: [{name: a, cores: [1]}], locality_wait: 5}\n", 2,
		"accel.devices[a].cores changed [0] [1]\n"
		"accel.locality_wait changed 0 5\n");
	assert_int_equal(gw_config_rule("accel.devices[a].cores"), GW_RULE_RESTART);
}

static void cameras_are_the_same_by_name_in_any_order(void **state)
{
	assert_difference("cameras: [" CAMERA("a", "1") ", " CAMERA("b", "2") "]\n",
		"cameras: [" CAMERA("b", "2") ", " CAMERA("a", "1") "]\n", 0, "");
	assert_difference("cameras: [" CAMERA("a", "1") ", " CAMERA("b", "2") "]\n",
		"cameras: [" CAMERA("b", "3, ssrc: 5") ", " CAMERA("c", "1") "]\n", 4,
		"cameras[a] removed {\"name\":\"a\",\"source\":\"10.0.0.1\",\"destination\":\"10.0."
		"0.2\",\"port\":1,\"width\":0,\"height\":0,\"conceal\":false,\"orientation\":"
		"\"exif\",\"rotate\":0,\"range\":\"full\",\"quota\":8} -\n"
		"cameras[b].port changed 2 3\n"
		"cameras[b].ssrc added - 5\n"
		"cameras[c] added - {\"name\":\"c\",\"source\":\"10.0.0.1\",\"destination\":\"10.0."
		"0.2\",\"port\":1,\"width\":0,\"height\":0,\"conceal\":false,\"orientation\":"
		"\"exif\",\"rotate\":0,\"range\":\"full\",\"quota\":8}\n");
}

static void steps_are_named_by_their_names(void **state)
{
	assert_difference("cameras: [" CAMERA(
				  "a", "1, plan: [{model: m}, {name: k, model: n, from: m}]") "]\n",
		"cameras: [" CAMERA("a",
			"1, plan: [{model: m}, {name: k, model: n, from: m, least: 0.3}]") "]\n"
											   "kafka: "
											   "{frames"
											   ": "
											   "{disagr"
											   "eement:"
											   " 0.7}}"
											   "\n",
		2,
		"cameras[a].plan[k].least changed 0.0 0.3\n"
		"kafka.frames.disagreement changed 0.0 0.7\n");
}

static void entries_without_names_are_the_same_by_place(void **state)
{
	assert_difference("cameras: []\nframes: {classes: [{width: 1, height: 2, count: 3}]}\n",
		"cameras: []\nframes: {classes: [{width: 1, height: 2, count: 4},"
		"{width: 5, height: 6, count: 7}]}\n",
		2,
		"frames.classes[0].count changed 3 4\n"
		"frames.classes[1] added - {\"width\":5,\"height\":6,\"count\":7}\n");
}

static void a_camera_more_changes_nothing_but_cameras(void **state)
{
	assert_difference("cameras: [" CAMERA("a", "1") "]\n", "cameras: []\n", 1,
		"cameras[a] removed {\"name\":\"a\",\"source\":\"10.0.0.1\",\"destination\":\"10.0."
		"0.2\",\"port\":1,\"width\":0,\"height\":0,\"conceal\":false,\"orientation\":"
		"\"exif\",\"rotate\":0,\"range\":\"full\",\"quota\":8} -\n");
}

#define PROPERTIES(list) "cameras: []\nkafka: {properties: [" list "]}\n"

static void secrets_differ_without_being_shown(void **state)
{
	assert_difference(PROPERTIES("{name: sasl.password, value: a}, {name: x, value: c}"),
		PROPERTIES("{name: sasl.password, value: b}, {name: x, value: d}"), 2,
		"kafka.properties[sasl.password].value changed *** ***\n"
		"kafka.properties[x].value changed c d\n");
	assert_difference("cameras: []\n", PROPERTIES("{name: sasl.password, value: b}"), 1,
		"kafka.properties[sasl.password] added - "
		"{\"name\":\"sasl.password\",\"value\":\"***\"}\n");
	assert_difference("cameras: []\n",
		"cameras: []\nkafka: {brokers: b, source: {topic: t, template: {model: m},"
		"properties: [{name: ssl.key.pem, value: hunter2}]}}\n",
		2,
		"kafka.brokers added - b\n"
		"kafka.source added - {\"topic\":\"t\",\"group\":\"framegate\",\"properties\":[{"
		"\"name\":\"ssl.key.pem\",\"value\":\"***\"}],\"template\":{\"model\":\"m\","
		"\"quota\":8,\"width\":0,\"height\":0,\"orientation\":\"exif\",\"rotate\":0,"
		"\"range\":\"full\"},\"most\":1024}\n");
}

static void the_longest_path_gives_the_rule(void **state)
{
	assert_int_equal(gw_config_rule("log.level"), GW_RULE_LOG_LEVEL);
	assert_int_equal(gw_config_rule("log.to"), GW_RULE_RESTART);
	assert_int_equal(gw_config_rule("kafka.frames.every"), GW_RULE_SAMPLING);
	assert_int_equal(gw_config_rule("kafka.frames.disagreement"), GW_RULE_SAMPLING);
	assert_int_equal(gw_config_rule("kafka.frames.everything"), GW_RULE_RESTART);
	assert_int_equal(gw_config_rule("cameras[a.log].quota"), GW_RULE_CAMERAS);
	assert_int_equal(gw_config_rule("nosuch"), GW_RULE_RESTART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_has_no_difference),
		cmocka_unit_test(a_value_is_named_with_what_it_was_and_is),
		cmocka_unit_test(a_device_is_named_and_needs_a_restart),
		cmocka_unit_test(cameras_are_the_same_by_name_in_any_order),
		cmocka_unit_test(steps_are_named_by_their_names),
		cmocka_unit_test(entries_without_names_are_the_same_by_place),
		cmocka_unit_test(a_camera_more_changes_nothing_but_cameras),
		cmocka_unit_test(secrets_differ_without_being_shown),
		cmocka_unit_test(the_longest_path_gives_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
