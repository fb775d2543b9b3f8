/* The section `kafka`: where records go, and where pictures may come from. */
#include "core/config/test_configs.h"

#include <stdio.h>

static void refused(const char *section, const char *line)
{
	struct gw_config *config;
	struct gw_error error;
	char text[512] = "cameras: []\n";

	strcat(text, section);
	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_null(config);
	assert_string_equal(error.text, line);
}

static void topics_are_names_and_differ(void **state)
{
	refused("kafka: {results: {topic: 'bad topic!'}}\n",
		"configuration:2:26: kafka.results.topic: 'bad topic!' is not a topic: use "
		"letters, digits, '.', '_' and '-'");
	refused("kafka: {results: {topic: a}, frames: {topic: a}}\n",
		"configuration:2:46: kafka.frames.topic: results and pictures need topics of their "
		"own, not both 'a'");
}

static void a_picture_may_be_shrunk_to_what_is_still_one(void **state)
{
	refused("kafka: {frames: {shrink: 4095}}\n",
		"configuration:2:26: kafka.frames.shrink: must be 0 or from 4096 to 16777216 "
		"bytes");
	refused("kafka: {frames: {shrink: 16777217}}\n",
		"configuration:2:26: kafka.frames.shrink: must be 0 or from 4096 to 16777216 "
		"bytes");
}

static void heartbeats_have_a_topic_of_their_own(void **state)
{
	refused("kafka: {brokers: a, heartbeats: {topic: framegate.results}}\n",
		"configuration:2:41: kafka.heartbeats.topic: 'framegate.results' is a topic of "
		"results or pictures: heartbeats need one of their own");
	refused("kafka: {backend: 'null', heartbeats: {seconds: 5}}\n",
		"configuration:2:38: kafka.heartbeats: they go to brokers: give `kafka.brokers`, "
		"or "
		"leave them out");
	struct gw_config *config =
		test_config("cameras: []\nkafka: {brokers: a, heartbeats: {seconds: 5}}\n");

	assert_string_equal(config->kafka->heartbeats->topic, "framegate.heartbeats");
	assert_int_equal(config->kafka->heartbeats->seconds, 5);
	gw_config_free(config);
}

/* Larger than a byte: what is said is the limit, the value and the place. */
static void ages_pauses_and_schemas_have_limits(void **state)
{
	refused("kafka: {brokers: a, heartbeats: {seconds: 0}}\n",
		"configuration:2:43: 'kafka.heartbeats.seconds' must be a whole number from 1 to "
		"3600, not '0'");
	refused("kafka: {brokers: a, heartbeats: {seconds: 3601}}\n",
		"configuration:2:43: kafka.heartbeats.seconds: must be at most 3600 s");
	refused("kafka: {brokers: a, commands: {age: 0}}\n",
		"configuration:2:37: 'kafka.commands.age' must be a whole number from 1 to 86400, "
		"not '0'");
	refused("kafka: {brokers: a, commands: {age: 86401}}\n",
		"configuration:2:37: kafka.commands.age: must be at most 86400 s");
	refused("kafka: {brokers: a, results: {schema_id: 0}}\n",
		"configuration:2:42: 'kafka.results.schema_id' must be a whole number from 1 to "
		"2147483647, not '0'");
	refused("kafka: {brokers: a, format: protobuf, framing: confluent, results: {schema_id: "
		"2147483648}}\n",
		"configuration:2:80: kafka.results.schema_id: must be at most 2147483647");
}

static void alarms_have_a_topic_of_their_own(void **state)
{
	refused("kafka: {brokers: a, alarms: {topic: framegate.results}}\n",
		"configuration:2:37: kafka.alarms.topic: 'framegate.results' is a topic of "
		"something else: alarms need one of their own");
	refused("kafka: {backend: 'null', alarms: {}}\n",
		"configuration:2:34: kafka.alarms: they go to brokers: give `kafka.brokers`, or "
		"leave them out");
	refused("kafka: {brokers: a, alarms: {}, commands: {topic: framegate.alarms}}\n",
		"configuration:2:51: kafka.commands.topic: 'framegate.alarms' is a topic of "
		"something else: commands need one of their own");
	struct gw_config *config = test_config("cameras: []\nkafka: {brokers: a, alarms: {}}\n");

	assert_string_equal(config->kafka->alarms->topic, "framegate.alarms");
	gw_config_free(config);
}

static void protobuf_goes_to_brokers_or_files_and_a_framing_knows_its_schemas(void **state)
{
	refused("kafka: {backend: 'null', format: protobuf}\n",
		"configuration:2:34: kafka.format: only what goes to brokers or into files is "
		"protobuf: give `kafka.brokers`, or `backend: file`, or leave it out");
	refused("kafka: {backend: file, directory: d, format: protobuf, framing: confluent}\n",
		"configuration:2:65: kafka.framing: what stands in a file has none: leave it out");
	refused("kafka: {brokers: a, framing: confluent}\n",
		"configuration:2:30: kafka.framing: 'confluent' goes with `format: protobuf`");
	refused("kafka: {brokers: a, format: protobuf, framing: confluent}\n",
		"configuration:2:8: kafka.results: 'schema_id' is missing: `framing: confluent` "
		"needs the number that the schema registry gave sink/schema/result.proto");
	refused("kafka: {brokers: a, format: protobuf, framing: confluent, "
		"results: {schema_id: 7}, heartbeats: {seconds: 5}}\n",
		"configuration:2:96: kafka.heartbeats: 'schema_id' is missing: `framing: "
		"confluent` needs the number that the schema registry gave "
		"sink/schema/heartbeat.proto");
	struct gw_config *config = test_config("cameras: []\nkafka: {brokers: a, format: protobuf, "
					       "framing: confluent, results: {schema_id: 7}}\n");

	assert_int_equal(config->kafka->format, GW_RECORD_PROTOBUF);
	assert_int_equal(config->kafka->framing, GW_FRAMING_CONFLUENT);
	assert_int_equal(config->kafka->results->schema_id, 7);
	gw_config_free(config);
	config = test_config("cameras: []\nkafka: {brokers: a}\n");
	assert_int_equal(config->kafka->format, GW_RECORD_JSON);
	assert_int_equal(config->kafka->framing, GW_FRAMING_NONE);
	gw_config_free(config);
}

static void commands_have_topics_of_their_own(void **state)
{
	refused("kafka: {backend: 'null', commands: {}}\n",
		"configuration:2:36: kafka.commands: they come from brokers: give `kafka.brokers`, "
		"or leave them out");
	refused("kafka: {brokers: a, commands: {topic: framegate.results}}\n",
		"configuration:2:39: kafka.commands.topic: 'framegate.results' is a topic of "
		"something else: commands need one of their own");
	refused("kafka: {brokers: a, commands: {replies: framegate.commands}}\n",
		"configuration:2:31: kafka.commands.topic: 'framegate.commands' is a topic of "
		"something else: commands need one of their own");
	refused("kafka: {brokers: a, commands: {replies: framegate.frames}}\n",
		"configuration:2:41: kafka.commands.replies: 'framegate.frames' is a topic of "
		"something else: replies need one of their own");
	refused("kafka: {brokers: a, commands: {replies: 'a b'}}\n",
		"configuration:2:41: kafka.commands.replies: 'a b' is not a topic: use letters, "
		"digits, '.', '_' and '-'");
	struct gw_config *config = test_config("cameras: []\nkafka: {brokers: a, commands: {}}\n");

	assert_string_equal(config->kafka->commands->topic, "framegate.commands");
	assert_string_equal(config->kafka->commands->replies, "framegate.replies");
	assert_int_equal(config->kafka->commands->role, GW_ROLE_OPERATOR);
	assert_int_equal(config->kafka->commands->age, 300);
	gw_config_free(config);
	/* Nobody is heard unless somebody said so. */
	config = test_config("cameras: []\nkafka: {brokers: a}\n");
	assert_null(config->kafka->commands);
	gw_config_free(config);
}

static void brokers_have_ports_that_are_numbers(void **state)
{
	refused("kafka: {brokers: '127.0.0.1:notaport'}\n",
		"configuration:2:18: kafka.brokers: '127.0.0.1:notaport' is not HOST:PORT[,...]");
	refused("kafka: {brokers: 'a:1,,b:2'}\n",
		"configuration:2:18: kafka.brokers: 'a:1,,b:2' is not HOST:PORT[,...]");
	refused("kafka: {brokers: 'a:0'}\n",
		"configuration:2:18: kafka.brokers: 'a:0' is not HOST:PORT[,...]");
	gw_config_free(test_config("cameras: []\nkafka: {brokers: "
				   "'a,b:9092,[::1]:9092,[::1],SSL://c:9093,SSL://d'}\n"));
}

static void a_property_has_one_value(void **state)
{
	refused("kafka: {properties: [{name: a, value: hunter2, file: /f}]}\n",
		"configuration:2:22: kafka.properties[0]: 'a' needs one of 'value', 'file' and "
		"'env'");
	refused("kafka: {properties: [{name: a}]}\n",
		"configuration:2:22: kafka.properties[0]: 'a' needs one of 'value', 'file' and "
		"'env'");
	gw_config_free(test_config("cameras: []\nkafka: {properties: [{name: a, env: B}]}\n"));
}

static void a_property_is_given_once(void **state)
{
	refused("kafka: {properties: [{name: a, value: hunter2}, {name: a, value: hunter3}]}\n",
		"configuration:2:56: kafka.properties[1].name: 'a' is given twice: leave one of "
		"them");
}

static void a_list_of_properties_has_an_end(void **state)
{
	char text[16384] = "cameras: []\nkafka: {properties: [";
	struct gw_config *config;
	struct gw_error error;

	for (int i = 0; i < GW_PROPERTIES + 1; i++)
		sprintf(text + strlen(text), "{name: n%d, value: v},", i);
	strcat(text, "]}\n");
	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_string_equal(error.text,
		"configuration:2:21: 'kafka.properties' holds 257 entries: at most 256");
}

static void a_source_has_defaults(void **state)
{
	struct gw_config *config = test_config(
		"cameras: []\nkafka: {brokers: b, source: {topic: t, template: {model: m}}}\n");
	const struct gw_source_config *source = config->kafka->source;

	assert_string_equal(source->group, "framegate");
	assert_int_equal(source->most, 1024);
	assert_int_equal(source->template->quota, 8);
	assert_int_equal(source->properties_count, 0);
	gw_config_free(config);
}

static void a_source_needs_topic_template_and_model(void **state)
{
	refused("kafka: {brokers: b, source: {template: {model: m}}}\n",
		"configuration:2:29: 'kafka.source.topic' is missing");
	refused("kafka: {brokers: b, source: {topic: t}}\n",
		"configuration:2:29: 'kafka.source.template' is missing");
	refused("kafka: {brokers: b, source: {topic: t, template: {quota: 3}}}\n",
		"configuration:2:50: kafka.source.template: 'model' is missing: name the model "
		"that "
		"looks at the pictures, or a `plan`");
	refused("kafka: {source: {topic: t, template: {model: m}}}\n",
		"configuration:2:8: kafka: 'brokers' is missing: a source needs HOST:PORT[,...]");
}

static void a_template_is_checked_as_a_camera_is(void **state)
{
	refused("kafka: {brokers: b, source: {topic: t, template: {model: 'm:x'}}}\n",
		"configuration:2:58: kafka.source.template.model: 'm:x' is not NAME or "
		"NAME:VERSION, where VERSION is a whole number from 1");
	refused("kafka: {brokers: b, source: {topic: t, template: {model: m, quota: 65}}}\n",
		"configuration:2:68: kafka.source.template.quota: must be at most 64 frames");
	refused("kafka: {brokers: b, source: {topic: t, template: {model: m, width: 9, height: "
		"9}}}\n"
		"decode: {max_width: 8}\n",
		"configuration:2:68: kafka.source.template.width: pictures of 9x9 are larger than "
		"`decode.max_width` "
		"and `decode.max_height` allow, 8x8192: raise those");
	refused("kafka: {brokers: b, source: {topic: t, template: {model: m, width: 65}}}\n",
		"configuration:2:68: kafka.source.template.width: width and height belong "
		"together: give both or none");
	refused("kafka: {brokers: b, source: {topic: t, template: {model: m}, most: 4097}}\n",
		"configuration:2:68: kafka.source.most: must be at most 4096 cameras");
}

static void a_gateway_does_not_take_what_it_wrote(void **state)
{
	refused("kafka: {brokers: b, source: {topic: framegate.frames, template: {model: m}}}\n",
		"configuration:2:37: kafka.source.topic: 'framegate.frames' is also written to, "
		"and all would come back: take another for kafka.results or kafka.frames");
	gw_config_free(test_config("cameras: []\n"
				   "kafka: {backend: file, directory: /d, brokers: b,\n"
				   "  source: {topic: framegate.frames, template: {model: m}}}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topics_are_names_and_differ),
		cmocka_unit_test(a_picture_may_be_shrunk_to_what_is_still_one),
		cmocka_unit_test(heartbeats_have_a_topic_of_their_own),
		cmocka_unit_test(ages_pauses_and_schemas_have_limits),
		cmocka_unit_test(alarms_have_a_topic_of_their_own),
		cmocka_unit_test(commands_have_topics_of_their_own),
		cmocka_unit_test(protobuf_goes_to_brokers_or_files_and_a_framing_knows_its_schemas),
		cmocka_unit_test(brokers_have_ports_that_are_numbers),
		cmocka_unit_test(a_property_has_one_value),
		cmocka_unit_test(a_property_is_given_once),
		cmocka_unit_test(a_list_of_properties_has_an_end),
		cmocka_unit_test(a_source_has_defaults),
		cmocka_unit_test(a_source_needs_topic_template_and_model),
		cmocka_unit_test(a_template_is_checked_as_a_camera_is),
		cmocka_unit_test(a_gateway_does_not_take_what_it_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
