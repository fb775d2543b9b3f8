#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/config/config.h"
#include "core/config/schema.h"
#include "core/config/yaml_load.h"

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"

static struct gw_config *parsed(const char *text)
{
	struct gw_config *config;
	struct gw_error error;

	if (gw_config_parse(text, strlen(text), &config, &error) != 0)
		fail_msg("refused: %s", error.text);
	return config;
}

static void refused(const char *text, const char *line)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_null(config);
	assert_string_equal(error.text, line);
}

static void a_file_with_only_cameras_is_complete(void **state)
{
	struct gw_config *config = parsed("cameras:\n" CAMERA("cam0", "5004"));

	assert_int_equal(config->cameras_count, 1);
	assert_string_equal(config->cameras[0].name, "cam0");
	assert_int_equal(config->cameras[0].port, 5004);
	assert_int_equal(config->cameras[0].source_address.family, AF_INET);
	assert_memory_equal(config->cameras[0].source_address.bytes, "\x0a\0\0\1", 4);
	assert_int_equal(config->cameras[0].quota, 8);
	assert_null(config->cameras[0].ssrc);
	assert_string_equal(config->kafka->results->topic, "framegate.results");
	assert_int_equal(*config->kafka->frames->every, 100);
	assert_string_equal(config->api->socket, "/run/framegate/api.sock");
	assert_string_equal(config->api->groups->admin, "framegate-admin");
	assert_null(config->frames->classes);
	assert_null(config->kafka->source);
	assert_int_equal(config->log->level, GW_LOG_INFO);
	gw_config_free(config);
}

static void every_key_arrives_where_it_belongs(void **state)
{
	struct gw_config *config = parsed(
		"gateway: {name: gw1, mode: lossless, idle: spin}\n"
		"cores: {rx: [1, 2], decode: 3, sink: [0]}\n"
		"log: {level: debug, to: stderr}\n"
		"interfaces:\n"
		"  - {name: lan0, device: \"net_af_packet0,iface=veth0\", checksum: off,\n"
		"     kernel: gw0}\n"
		"cameras:\n"
		"  - {name: a, source: '2001:db8::1', destination: 'ff3e::1', port: 1, ssrc: 7,\n"
		"     payload_type: 96, width: 331, height: 237, conceal: true, rtcp: false, "
		"srtp: {suite: AES_CM_128_HMAC_SHA1_32, key_file: /k}, "
		"model: 'digits:2', "
		"orientation: ignore, rotate: 90, range: limited, "
		"quota: 3,\n"
		"     region: {x: 1, y: 2, width: 3, height: 4}}\n"
		"frames: {classes: [{width: 400, height: 300, count: 30}], memory: 512,\n"
		"  populate: true}\n"
		"decode: {backend: turbo, device: gpu, device_memory: 64, workers: 2,\n"
		"  max_width: 400, max_height: 300}\n"
		"accel: {backend: ort, library: /x, repository: /y, threads: 2, helpers: 3, "
		"locality_wait: "
		"30,\n"
		"  devices: [{name: near, cores: [0, 2], threads: 3}, {name: far}]}\n"
		"kafka:\n"
		"  backend: kafka\n"
		"  brokers: 127.0.0.1:9092\n"
		"  results: {topic: r}\n"
		"  frames: {topic: f, every: 0, budget: 5}\n"
		"  properties: [{name: linger.ms, value: '5'}]\n"
		"  source: {topic: s, group: g, most: 7, properties: [{name: a, value: b}],\n"
		"    template: {model: digits, quota: 9, width: 16, height: 8, rotate: 180,\n"
		"      region: {x: 1, y: 2, width: 3, height: 4}}}\n"
		"api: {socket: /tmp/s, groups: {admin: a, operate: o, view: v}}\n");

	assert_int_equal(config->gateway->mode, GW_MODE_LOSSLESS);
	assert_int_equal(config->gateway->idle, GW_IDLE_SPIN);
	assert_int_equal(config->cores->rx.processors[1], 2);
	assert_int_equal(config->cores->decode.count, 3);
	assert_null(config->cores->decode.processors);
	assert_int_equal(config->log->level, GW_LOG_DEBUG);
	assert_int_equal(config->interfaces[0].checksum, GW_CHECKSUM_OFF);
	assert_string_equal(config->interfaces[0].kernel, "gw0");
	assert_int_equal(config->cameras[0].source_address.family, AF_INET6);
	assert_int_equal(*config->cameras[0].ssrc, 7);
	assert_int_equal(*config->cameras[0].payload_type, 96);
	assert_int_equal(config->cameras[0].region->height, 4);
	assert_true(config->cameras[0].conceal);
	assert_false(gw_camera_has_rtcp(&config->cameras[0]));
	assert_int_equal(config->cameras[0].srtp->suite, GW_SRTP_AES_CM_128_HMAC_SHA1_32);
	assert_string_equal(config->cameras[0].srtp->key_file, "/k");
	assert_int_equal(config->cameras[0].orientation, GW_ORIENTATION_IGNORE);
	assert_int_equal(config->cameras[0].rotate, 90);
	assert_int_equal(config->cameras[0].range, GW_RANGE_LIMITED);
	assert_int_equal(config->frames->classes[0].count, 30);
	assert_int_equal(*config->frames->memory, 512);
	assert_int_equal(config->decode->workers, 2);
	assert_int_equal(config->decode->device_memory, 64);
	assert_string_equal(config->accel->repository, "/y");
	assert_int_equal(config->accel->helpers, 3);
	assert_int_equal(config->accel->locality_wait, 30);
	assert_int_equal(config->accel->devices_count, 2);
	assert_int_equal(config->accel->devices[0].cores_count, 2);
	assert_int_equal(config->accel->devices[0].cores[1], 2);
	assert_int_equal(config->accel->devices[0].threads, 3);
	assert_string_equal(config->accel->devices[1].name, "far");
	assert_null(config->accel->devices[1].cores);
	assert_int_equal(*config->kafka->frames->every, 0);
	assert_int_equal(config->kafka->frames->budget, 5);
	assert_string_equal(config->kafka->properties[0].value, "5");
	assert_string_equal(config->kafka->source->topic, "s");
	assert_string_equal(config->kafka->source->group, "g");
	assert_int_equal(config->kafka->source->most, 7);
	assert_string_equal(config->kafka->source->properties[0].name, "a");
	assert_string_equal(config->kafka->source->template->model, "digits");
	assert_int_equal(config->kafka->source->template->quota, 9);
	assert_int_equal(config->kafka->source->template->width, 16);
	assert_int_equal(config->kafka->source->template->orientation, GW_ORIENTATION_EXIF);
	assert_int_equal(config->kafka->source->template->rotate, 180);
	assert_int_equal(config->kafka->source->template->region->y, 2);
	gw_config_free(config);
}

static void an_error_names_line_column_key_and_what_would_be_right(void **state)
{
	refused("cameras: []\nfoo: 1\n",
		"configuration:2:1: unknown key 'foo' (known here: gateway, cores, log, "
		"interfaces, "
		"cameras, frames, decode, accel, kafka, api, alarms)");
	refused("cameras:\n  - name: a\n    source: 10.0.0.1\n    destination: 10.0.0.2\n    port: "
		"70000\n",
		"configuration:5:11: 'cameras[0].port' must be a whole number from 1 to 65535, not "
		"'70000'");
	refused("cameras: []\ngateway: {mode: fast}\n",
		"configuration:2:17: 'gateway.mode' must be realtime or lossless, not 'fast'");
	refused("cameras:\n  - name: a\n    source: 10.0.0.1\n",
		"configuration:2:5: cameras[0].destination: is missing: a camera has source, "
		"destination and port, or a url");
	refused("cameras: 5\n",
		"configuration:1:10: 'cameras' must be a list ('- ...' or [...]), not '5'");
	refused("cameras: []\ncameras: []\n", "configuration:1:10: 'cameras' is given twice");
	refused("cameras: []\nlog: {level: info\n",
		"configuration:3:1: not valid YAML: did not find expected ',' or '}'");
	refused("cameras: []\nlog: &a {level: info}\napi: *a\n",
		"configuration:2:6: after 'api' stands an alias ('*name'): write the value out");
	refused("", "configuration: the file is empty");
}

static void values_that_do_not_fit_each_other_are_refused(void **state)
{
	refused("cameras:\n" CAMERA("a", "1") CAMERA("a", "2"),
		"configuration:3:12: cameras[1].name: 'a' is taken: every camera needs a name of "
		"its own");
	refused("cameras:\n" CAMERA("a", "1") CAMERA("b", "1"),
		"configuration:3:62: cameras[1].port: 'b' would receive the same packets as 'a': "
		"change source, destination or port, or give both an ssrc");
	refused("cameras:\n" CAMERA("a/b", "1"),
		"configuration:2:12: cameras[0].name: 'a/b' is not a name: use letters, digits, "
		"'.', "
		"'_' and '-'");
	refused("cameras:\n" CAMERA("a", "0"),
		"configuration:2:62: 'cameras[0].port' must be a whole number from 1 to 65535, not "
		"'0'");
	refused("cameras:\n  - {name: a, source: 10.0.0.300, destination: 10.0.0.2, port: 1}\n",
		"configuration:2:23: cameras[0].source: '10.0.0.300' is not an IPv4 or IPv6 "
		"address");
	refused("cameras:\n  - {name: a, source: 239.1.2.3, destination: 10.0.0.2, port: 1}\n",
		"configuration:2:23: cameras[0].source: '239.1.2.3' is a multicast group, which "
		"sends nothing: give the camera's own address");
	refused("cameras:\n  - {name: a, source: 255.255.255.255, destination: 10.0.0.2, port: "
		"1}\n",
		"configuration:2:23: cameras[0].source: '255.255.255.255' is the broadcast "
		"address, which sends nothing: give the camera's own address");
	refused("cameras:\n  - {name: a, source: '::', destination: 'ff3e::1', port: 1}\n",
		"configuration:2:23: cameras[0].source: '::' is the address of nobody, which "
		"sends nothing: give the camera's own address");
	refused("cameras:\n  - {name: a, source: 10.0.0.1, destination: 0.0.0.0, port: 1}\n",
		"configuration:2:46: cameras[0].destination: '0.0.0.0' is the address of nobody: "
		"give the one that the camera sends to, one of ours or a group's");
	refused("interfaces: [{name: a, device: net_null0, kernel: 'gw/0'}]\n",
		"configuration:1:51: interfaces[0].kernel: 'gw/0' is no name of a network "
		"device: use letters, digits, '.', '_' and '-', at most 15");
	refused("interfaces:\n"
		"  - {name: a, device: net_null0, kernel: gw0}\n"
		"  - {name: b, device: net_null1, kernel: gw0}\n",
		"configuration:3:42: interfaces[1].kernel: 'gw0' is taken by interfaces[0]");
	refused("interfaces:\n"
		"  - {name: a, device: 'net_af_packet0,iface=eth0'}\n"
		"  - {name: b, device: 'net_af_packet0,iface=eth1'}\n",
		"configuration:3:23: interfaces[1].device: 'net_af_packet0' is taken by "
		"interfaces[0]: number them, as in net_af_packet0 and net_af_packet1");
	refused("cameras: []\nkafka: {backend: kafka}\n",
		"configuration:2:8: kafka: 'brokers' is missing: the kafka back-end needs "
		"HOST:PORT[,...]");
}

static void a_payload_type_is_jpeg_or_dynamic(void **state)
{
	refused("cameras:\n" CAMERA("a", "1, payload_type: 95"),
		"configuration:2:79: cameras[0].payload_type: must be 26 or a dynamic one, 96 to "
		"127");
	gw_config_free(parsed("cameras:\n" CAMERA("a", "1, payload_type: 26")));
}

static void a_model_is_a_name_or_a_name_and_a_version(void **state)
{
	refused("cameras:\n" CAMERA("a", "1, model: '../no/such:latest'"),
		"configuration:2:72: cameras[0].model: '../no/such:latest' is not NAME or "
		"NAME:VERSION, where VERSION is a whole number from 1");
	refused("cameras:\n" CAMERA("a", "1, model: 'm:0'"),
		"configuration:2:72: cameras[0].model: 'm:0' is not NAME or NAME:VERSION, where "
		"VERSION is a whole number from 1");
	gw_config_free(parsed("cameras:\n" CAMERA("a", "1, model: 'm:12'")));
}

static void a_value_that_is_only_nearly_right_is_refused(void **state)
{
	refused("cameras:\n" CAMERA("a", "5004.5"),
		"configuration:2:62: 'cameras[0].port' must be a whole number from 1 to 65535, not "
		"'5004.5'");
	refused("cameras:\n" CAMERA("a", "1, ssrc: 12abc"),
		"configuration:2:71: 'cameras[0].ssrc' must be a whole number from 0 to "
		"4294967295, "
		"not '12abc'");
	refused("cameras:\n" CAMERA("a", "010"),
		"configuration:2:62: 'cameras[0].port' must be a whole number from 1 to 65535, not "
		"'010'");
	refused("cameras:\n" CAMERA("a", "1, conceal: maybe"),
		"configuration:2:74: 'cameras[0].conceal' must be true or false, not 'maybe'");
	refused("cameras:\n" CAMERA("a", "1, quota: 0"),
		"configuration:2:72: 'cameras[0].quota' must be a whole number from 1 to 64, "
		"not '0'");
	refused("cameras:\n" CAMERA("a", "1, quota: -1"),
		"configuration:2:72: 'cameras[0].quota' must be a whole number from 1 to 64, not "
		"'-1'");
	refused("cameras: []\ncores: {rx: 1x}\n",
		"configuration:2:13: 'cores.rx' must be a number from 1 to 16, or a list ('- ...' "
		"or "
		"[...]), not '1x'");
	refused("cameras: []\ncores: {rx: 0}\n",
		"configuration:2:13: 'cores.rx' must be a number from 1 to 16, or a list ('- ...' "
		"or "
		"[...]), not '0'");
	refused("cameras: []\ncores: {rx: [3, 0, 3]}\n",
		"configuration:2:20: cores.rx[2]: processor 3 is in the list already: each has one "
		"thread");
	refused("cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, "
		"width: 1440, height: 2560}]\n"
		"frames: {classes: [{width: 1920, height: 1080, count: 9}]}\n",
		"configuration:1:78: cameras[0].width: a picture of 1440x2560 is larger than every "
		"slot: add a class of that size to `frames.classes`, or leave `frames.classes` "
		"out");
	refused("cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, "
		"width: 80, height: 9000}]\n",
		"configuration:1:90: cameras[0].height: pictures of 80x9000 are larger than "
		"`decode.max_width` and `decode.max_height` allow, 8192x8192: raise those");
	refused("cameras: []\nframes: {classes: [{width: 65535, height: 1, count: 1}]}\n",
		"configuration:2:28: frames.classes[0].width: width and height must be at most "
		"16384 "
		"pixels");
	gw_config_free(parsed("cameras:\n" CAMERA("a", "1, ssrc: 0xDEADBEEF")));
}

#define LETTERS_60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

static void a_text_that_is_too_long_is_not_shown_as_if_it_were_good(void **state)
{
	gw_config_free(parsed("cameras:\n" CAMERA(LETTERS_60 "abc", "1")));
	refused("cameras:\n" CAMERA(LETTERS_60 "abcd", "1"),
		"configuration:2:12: 'cameras[0].name' must be text of 1 to 63 characters: this "
		"one "
		"is too long, with 64");
	refused("cameras:\n" CAMERA("a", LETTERS_60 "abcd"),
		"configuration:2:62: 'cameras[0].port' must be a whole number from 1 to 65535, not "
		"'" LETTERS_60 "abc...'");
}

static void two_cameras_may_share_an_address_with_different_ssrcs(void **state)
{
	gw_config_free(parsed(
		"cameras:\n"
		"  - {name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, ssrc: 1}\n"
		"  - {name: b, source: 10.0.0.1, destination: 10.0.0.2, port: 1, ssrc: 2}\n"));
}

static char *read_source(const char *name, size_t *size)
{
	struct gw_error error;
	char path[4096];
	char *text;

	snprintf(path, sizeof(path), "%s/%s", SOURCE_ROOT, name);
	if (gw_yaml_read(path, &text, size, &error) != 0)
		fail_msg("%s", error.text);
	return text;
}

static void the_annotated_file_and_the_examples_are_valid(void **state)
{
	static const char *const names[] = {
		"configs/gateway.yaml",
		"configs/examples/replay.yaml",
		"configs/examples/worker.yaml",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4096];
		struct gw_config *config;
		struct gw_error error;

		snprintf(path, sizeof(path), "%s/%s", SOURCE_ROOT, names[i]);
		if (gw_config_load(path, &config, &error) != 0)
			fail_msg("%s", error.text);
		gw_config_free(config);
	}
}

static void assert_documented(
	const cyaml_schema_value_t *schema, const char *guide, const char *file)
{
	while (schema->type == CYAML_SEQUENCE)
		schema = schema->sequence.entry;
	if (schema->type != CYAML_MAPPING)
		return;
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++) {
		char quoted[80], key[80];

		snprintf(quoted, sizeof(quoted), "`%s`", field->key);
		snprintf(key, sizeof(key), "%s:", field->key);
		if (!strstr(guide, quoted))
			fail_msg("docs/configuration.md does not explain `%s`", field->key);
		if (!strstr(file, key))
			fail_msg("configs/gateway.yaml does not show `%s`", field->key);
		assert_documented(&field->value, guide, file);
	}
}

static void every_key_is_in_the_guide_and_in_the_annotated_file(void **state)
{
	size_t size;
	char *guide = read_source("docs/configuration.md", &size);
	char *file = read_source("configs/gateway.yaml", &size);

	assert_documented(&gw_config_schema, guide, file);
	free(guide);
	free(file);
}

static void devices_have_names_and_processors_of_their_own(void **state)
{
	refused("cameras: []\naccel: {devices: [{name: a}, {name: a}]}\n",
		"configuration:2:37: accel.devices[1].name: 'a' is taken: every device needs a "
		"name of its own");
	refused("cameras: []\naccel: {devices: [{name: 'a b'}]}\n",
		"configuration:2:26: accel.devices[0].name: 'a b' is not a name: use letters, "
		"digits, '.', '_' and '-'");
	refused("cameras: []\naccel: {devices: [{name: a, cores: [0, 0]}]}\n",
		"configuration:2:40: accel.devices[0].cores[1]: processor 0 is in the list "
		"already: each has one thread");
	refused("cameras: []\naccel: {devices: [{name: a, cores: [-1]}]}\n",
		"configuration:2:37: accel.devices[0].cores[0]: -1 is not a processor: they have "
		"numbers from 0 to 1023");
	refused("cameras: []\naccel: {helpers: 17}\n",
		"configuration:2:18: accel.helpers: must be at most 16 threads");
	refused("cameras: []\naccel: {locality_wait: 60001}\n",
		"configuration:2:24: accel.locality_wait: must be at most 60000 ms");
	/* Two devices may share a processor. */
	gw_config_free(
		parsed("cameras: []\n"
		       "accel: {devices: [{name: a, cores: [0]}, {name: b, cores: [0]}]}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_with_only_cameras_is_complete),
		cmocka_unit_test(every_key_arrives_where_it_belongs),
		cmocka_unit_test(an_error_names_line_column_key_and_what_would_be_right),
		cmocka_unit_test(values_that_do_not_fit_each_other_are_refused),
		cmocka_unit_test(devices_have_names_and_processors_of_their_own),
		cmocka_unit_test(the_annotated_file_and_the_examples_are_valid),
		cmocka_unit_test(every_key_is_in_the_guide_and_in_the_annotated_file),
		cmocka_unit_test(a_payload_type_is_jpeg_or_dynamic),
		cmocka_unit_test(a_model_is_a_name_or_a_name_and_a_version),
		cmocka_unit_test(a_value_that_is_only_nearly_right_is_refused),
		cmocka_unit_test(a_text_that_is_too_long_is_not_shown_as_if_it_were_good),
		cmocka_unit_test(two_cameras_may_share_an_address_with_different_ssrcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
