/* What the consumer is told: nothing is committed but by the gateway. */
#include "core/test.h"

#include <string.h>

#include "kafka/consumer_settings.h"

static rd_kafka_conf_t *make(struct gw_property_config *property, struct gw_error *error)
{
	struct gw_source_config source = {.topic = "pictures",
		.group = "workers",
		.properties = property,
		.properties_count = property ? 1 : 0};
	struct gw_kafka_config kafka = {.brokers = "127.0.0.1:9", .source = &source};
	struct gw_gateway_config gateway = {.name = "gw1"};
	struct gw_config config = {.gateway = &gateway, .kafka = &kafka};
	const struct gw gw = {.config = &config};

	return consumer_settings_make(&gw, error);
}

static void assert_setting(const rd_kafka_conf_t *conf, const char *name, const char *wanted)
{
	char text[64];
	size_t size = sizeof(text);

	assert_int_equal(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(text, wanted);
}

static void only_the_gateway_commits(void **state)
{
	struct gw_error error;
	rd_kafka_conf_t *conf = make(NULL, &error);

	assert_non_null(conf);
	assert_setting(conf, "enable.auto.commit", "false");
	assert_setting(conf, "enable.auto.offset.store", "false");
	assert_setting(conf, "partition.assignment.strategy", "cooperative-sticky");
	assert_setting(conf, "group.id", "workers");
	assert_setting(conf, "client.id", "framegate-gw1");
	assert_setting(conf, "bootstrap.servers", "127.0.0.1:9");
	assert_setting(conf, "auto.offset.reset", "smallest"); /* its old name */
	rd_kafka_conf_destroy(conf);
}

static void the_user_has_the_last_word_but_where_the_promise_would_not_hold(void **state)
{
	struct gw_property_config latest = {.name = "auto.offset.reset", .value = "latest"};
	struct gw_property_config eager = {
		.name = "partition.assignment.strategy", .value = "range"};
	struct gw_error error;
	rd_kafka_conf_t *conf = make(&latest, &error);

	assert_non_null(conf);
	assert_setting(conf, "auto.offset.reset", "largest");
	rd_kafka_conf_destroy(conf);
	assert_null(make(&eager, &error));
	assert_non_null(strstr(error.text, "partition.assignment.strategy"));
	assert_non_null(strstr(error.text, "kafka.source.properties"));
}

static void a_value_that_is_refused_is_not_repeated(void **state)
{
	struct gw_property_config wrong = {.name = "session.timeout.ms", .value = "hunter2"};
	struct gw_property_config unknown = {.name = "sasl.pasword", .value = "hunter2"};
	struct gw_error error;

	assert_null(make(&wrong, &error));
	assert_non_null(strstr(error.text, "session.timeout.ms"));
	assert_null(strstr(error.text, "hunter2"));
	assert_null(make(&unknown, &error));
	assert_non_null(strstr(error.text, "spelling"));
	assert_null(strstr(error.text, "hunter2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_gateway_commits),
		cmocka_unit_test(the_user_has_the_last_word_but_where_the_promise_would_not_hold),
		cmocka_unit_test(a_value_that_is_refused_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
