/* What the producers are told: a picture goes to the socket from its frame's slot, never copied. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kafka/settings.h"

/* Smaller than any picture that a camera sends: the headers of a JPEG file alone take 600 bytes. */
#define SMALL_PICTURE 2048

struct site {
	struct gw gw;
	struct gw_config config;
	struct gw_gateway_config gateway;
	struct gw_kafka_config kafka;
	struct gw_error error;
};

static struct site site_with(struct gw_property_config *properties, uint32_t count)
{
	return (struct site){
		.gateway = {.name = "gw1"},
		.kafka = {.brokers = "127.0.0.1:9",
			.properties = properties,
			.properties_count = count},
	};
}

static rd_kafka_conf_t *make_in(struct site *site, enum sink_kind kind, struct settings_mode mode)
{
	site->config.gateway = &site->gateway;
	site->config.kafka = &site->kafka;
	site->gw.config = &site->config;
	return settings_make(&site->gw, kind, mode, &site->error);
}

static rd_kafka_conf_t *make(struct site *site, enum sink_kind kind)
{
	return make_in(site, kind, (struct settings_mode){0});
}

static long number(const rd_kafka_conf_t *conf, const char *name)
{
	char text[64];
	size_t size = sizeof(text);

	assert_int_equal(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
	return strtol(text, NULL, 10);
}

static void assert_setting(const rd_kafka_conf_t *conf, const char *name, const char *wanted)
{
	char text[64];
	size_t size = sizeof(text);

	assert_int_equal(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(text, wanted);
}

static void pictures_are_sent_by_reference(void **state)
{
	struct site site = site_with(NULL, 0);
	rd_kafka_conf_t *conf = make(&site, SINK_SAMPLE), *plain = rd_kafka_conf_new();

	assert_non_null(conf);
	/* librdkafka copies what is at most that large, and its own default copies small pictures.
	 */
	assert_true(number(conf, "message.copy.max.bytes") < SMALL_PICTURE);
	assert_true(number(plain, "message.copy.max.bytes") > SMALL_PICTURE);
	/* Nor may a compressor make a second copy, for nothing. */
	assert_setting(conf, "compression.type", "none");
	rd_kafka_conf_destroy(plain);
	rd_kafka_conf_destroy(conf);
}

static void nothing_is_lost_silently(void **state)
{
	struct site site = site_with(NULL, 0);

	for (int kind = SINK_RESULT; kind <= SINK_SAMPLE; kind++) {
		rd_kafka_conf_t *conf = make(&site, (enum sink_kind)kind);

		assert_non_null(conf);
		assert_setting(conf, "enable.idempotence", "true");
		assert_setting(conf, "bootstrap.servers", "127.0.0.1:9");
		assert_setting(conf, "client.id", "framegate-gw1");
		rd_kafka_conf_destroy(conf);
	}
}

static void the_user_has_the_last_word(void **state)
{
	struct gw_property_config property = {.name = "linger.ms", .value = "77"};
	struct site site = site_with(&property, 1);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);

	assert_non_null(conf);
	assert_int_equal(number(conf, "linger.ms"), 77);
	rd_kafka_conf_destroy(conf);
}

static void what_is_news_does_not_wait_a_minute_for_a_broker_that_stands_still(void **state)
{
	struct gw_property_config property = {.name = "socket.timeout.ms", .value = "7000"};
	struct site site = site_with(&property, 0);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);
	rd_kafka_conf_t *news =
		make_in(&site, SINK_RESULT, (struct settings_mode){.fleeting = true});

	assert_true(number(news, "socket.timeout.ms") < number(conf, "socket.timeout.ms"));
	rd_kafka_conf_destroy(news);
	rd_kafka_conf_destroy(conf);
	site.kafka.properties_count = 1;
	news = make_in(&site, SINK_RESULT, (struct settings_mode){.fleeting = true});
	assert_int_equal(number(news, "socket.timeout.ms"), 7000);
	rd_kafka_conf_destroy(news);
}

static void what_the_accounting_needs_is_not_the_users(void **state)
{
	struct gw_property_config properties[] = {
		{.name = "delivery.report.only.error", .value = "true"},
		/* Without them an idle producer would never hear that a broker is connected. */
		{.name = "statistics.interval.ms", .value = "0"},
	};

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		struct site site = site_with(&properties[i], 1);

		assert_null(make(&site, SINK_RESULT));
		assert_non_null(strstr(site.error.text, properties[i].name));
		assert_non_null(strstr(site.error.text, "kafka.properties"));
	}
}

static void an_error_never_shows_a_value(void **state)
{
	struct gw_property_config properties[] = {
		{.name = "sasl.pasword", .value = "hunter2"},
		{.name = "acks", .value = "hunter2"},
		{.name = "linger.ms", .value = "hunter2"},
		{.name = "log.queue", .value = "hunter2"},
	};

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		struct site site = site_with(&properties[i], 1);

		assert_null(make(&site, SINK_RESULT));
		assert_non_null(strstr(site.error.text, properties[i].name));
		assert_null(strstr(site.error.text, "hunter2"));
	}
}

static void a_client_that_sends_records_alone_goes_on_after_a_refusal(void **state)
{
	struct site site = site_with(NULL, 0);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);

	assert_setting(conf, "enable.gapless.guarantee", "true");
	rd_kafka_conf_destroy(conf);
	conf = settings_make(
		&site.gw, SINK_RESULT, (struct settings_mode){.alone = true}, &site.error);
	assert_setting(conf, "enable.gapless.guarantee", "false");
	assert_int_equal(number(conf, "batch.num.messages"), 1);
	rd_kafka_conf_destroy(conf);
}

static void a_client_without_idempotence_is_possible(void **state)
{
	struct gw_property_config properties[] = {
		{.name = "enable.idempotence", .value = "false"},
		{.name = "max.in.flight.requests.per.connection", .value = "1"},
	};
	struct site site = site_with(properties, 2);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);
	char text[256];
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));

	assert_non_null(client);
	rd_kafka_destroy(client);
}

static void what_would_break_a_promise_is_refused_by_name(void **state)
{
	struct gw_property_config properties[] = {
		{.name = "acks", .value = "1"},
		{.name = "request.required.acks", .value = "0"},
		{.name = "message.timeout.ms", .value = "1000"},
		{.name = "delivery.timeout.ms", .value = "1000"},
		{.name = "enable.gapless.guarantee", .value = "false"},
		{.name = "queuing.strategy", .value = "lifo"},
		{.name = "partitioner", .value = "random"},
		{.name = "enable.idempotence", .value = "false"},
	};

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		struct site site = site_with(&properties[i], 1);

		assert_null(make(&site, SINK_RESULT));
		assert_non_null(strstr(site.error.text, "would break a promise"));
		assert_non_null(strstr(site.error.text, "kafka.properties"));
	}
	struct gw_property_config same[] = {
		{.name = "acks", .value = "-1"},
		{.name = "message.timeout.ms", .value = "0"},
		{.name = "partitioner", .value = "consistent"},
	};
	struct site site = site_with(same, 3);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);

	assert_non_null(conf);
	rd_kafka_conf_destroy(conf);
}

static void a_secret_comes_from_a_file_or_a_variable(void **state)
{
	char path[] = "/tmp/framegate-secret-XXXXXX";
	const int fd = mkstemp(path);
	struct gw_property_config properties[] = {
		{.name = "sasl.password", .file = path},
		{.name = "sasl.username", .env = "FRAMEGATE_TEST_USER"},
	};
	struct site site = site_with(properties, 2);

	assert_int_equal(write(fd, "hunter2\nrest", 12), 12);
	close(fd);
	setenv("FRAMEGATE_TEST_USER", "door", 1);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);

	assert_non_null(conf);
	assert_setting(conf, "sasl.password", "hunter2");
	assert_setting(conf, "sasl.username", "door");
	rd_kafka_conf_destroy(conf);
	unlink(path);
	assert_null(make(&site, SINK_RESULT));
	assert_non_null(strstr(site.error.text, "sasl.password"));
	assert_non_null(strstr(site.error.text, path));
	unsetenv("FRAMEGATE_TEST_USER");
	site.kafka.properties++;
	site.kafka.properties_count--;
	assert_null(make(&site, SINK_RESULT));
	assert_non_null(strstr(site.error.text, "FRAMEGATE_TEST_USER"));
}

static void a_file_that_holds_no_single_line_is_refused_rather_than_cut(void **state)
{
	char path[] = "/tmp/framegate-secret-XXXXXX", text[5000];
	struct gw_property_config property = {.name = "sasl.password", .file = path};
	struct site site = site_with(&property, 1);
	const int fd = mkstemp(path);

	memset(text, 's', sizeof(text));
	text[4094] = '\n';
	assert_int_equal(write(fd, text, 4095), 4095);
	rd_kafka_conf_t *conf = make(&site, SINK_RESULT);

	assert_non_null(conf);
	rd_kafka_conf_destroy(conf);
	text[4094] = 's';
	assert_int_equal(pwrite(fd, text, sizeof(text), 0), sizeof(text));
	close(fd);
	assert_null(make(&site, SINK_RESULT));
	assert_non_null(strstr(site.error.text, "sasl.password"));
	assert_non_null(strstr(site.error.text, "longer than 4094 bytes"));
	assert_null(strstr(site.error.text, "ssss"));
	/* A key's text begins with a line that says nothing. */
	property.name = "ssl.key.pem";
	assert_null(make(&site, SINK_RESULT));
	assert_non_null(strstr(site.error.text, "use ssl.key.location"));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_sent_by_reference),
		cmocka_unit_test(nothing_is_lost_silently),
		cmocka_unit_test(the_user_has_the_last_word),
		cmocka_unit_test(
			what_is_news_does_not_wait_a_minute_for_a_broker_that_stands_still),
		cmocka_unit_test(what_the_accounting_needs_is_not_the_users),
		cmocka_unit_test(an_error_never_shows_a_value),
		cmocka_unit_test(a_client_that_sends_records_alone_goes_on_after_a_refusal),
		cmocka_unit_test(a_client_without_idempotence_is_possible),
		cmocka_unit_test(what_would_break_a_promise_is_refused_by_name),
		cmocka_unit_test(a_secret_comes_from_a_file_or_a_variable),
		cmocka_unit_test(a_file_that_holds_no_single_line_is_refused_rather_than_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
