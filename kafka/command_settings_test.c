/* What who hears commands is told: it commits itself, and waits no minute for a broker. */
#include "core/test.h"

#include <stdlib.h>

#include "kafka/command_settings.h"

static rd_kafka_conf_t *make(struct gw_property_config *property, struct gw_error *error)
{
	struct gw_kafka_config kafka = {.brokers = "127.0.0.1:9",
		.properties = property,
		.properties_count = property ? 1 : 0};
	struct gw_gateway_config gateway = {.name = "gw1"};
	struct gw_config config = {.gateway = &gateway, .kafka = &kafka};
	const struct gw gw = {.config = &config};

	return command_settings_make(&gw, error);
}

static void assert_setting(const rd_kafka_conf_t *conf, const char *name, const char *wanted)
{
	char text[64];
	size_t size = sizeof(text);

	assert_int_equal(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(text, wanted);
}

static void a_gateway_is_alone_in_its_group_and_commits_itself(void **state)
{
	struct gw_error error;
	rd_kafka_conf_t *conf = make(NULL, &error);

	assert_non_null(conf);
	assert_setting(conf, "group.id", "framegate-commands-gw1");
	assert_setting(conf, "group.instance.id", "framegate-commands-gw1");
	assert_setting(conf, "enable.auto.commit", "false");
	assert_setting(conf, "enable.auto.offset.store", "false");
	assert_setting(conf, "bootstrap.servers", "127.0.0.1:9");
	rd_kafka_conf_destroy(conf);
}

static void a_broker_that_stands_still_is_given_up_in_seconds(void **state)
{
	struct gw_property_config property = {.name = "socket.timeout.ms", .value = "7000"};
	struct gw_error error;
	rd_kafka_conf_t *conf = make(NULL, &error);

	assert_setting(conf, "socket.timeout.ms", "10000");
	rd_kafka_conf_destroy(conf);
	conf = make(&property, &error);
	assert_setting(conf, "socket.timeout.ms", "7000");
	rd_kafka_conf_destroy(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_is_alone_in_its_group_and_commits_itself),
		cmocka_unit_test(a_broker_that_stands_still_is_given_up_in_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
