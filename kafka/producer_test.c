/* One producer without the stage: the test is its sink. */
#include "kafka/producer.h"

#include <librdkafka/rdkafka_mock.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/stage.h"
#include "core/test.h"
#include "kafka/resolver.h"
#include "sink/lane.h"

/* A test that waits without end ends here. */
#define HANGS_S 60

static struct {
	struct gw gw;
	struct gw_lane lane;
	struct sink sink;
	struct producer producer;
	struct gw_frame frame;
	uint32_t accepted, delivered, lost;
} world;

void sink_report(struct sink *sink, const struct sink_report *report)
{
	if (report->drop == GW_DROP_NONE)
		world.delivered++;
	else
		world.lost++;
}

uint64_t sink_share(const struct sink *sink, uint64_t whole, uint64_t least)
{
	return whole;
}

static void begin(const char *kafka)
{
	struct gw_error error;
	char text[512];

	alarm(HANGS_S);
	gw_log_open(GW_LOG_STDERR, GW_LOG_DEBUG);
	memset(&world, 0, sizeof(world));
	world.sink.lane = &world.lane;
	snprintf(text, sizeof(text),
		"cameras: [{name: cam0, source: 10.0.0.1, destination: 10.0.0.9, port: 5000}]\n"
		"kafka: %s\n",
		kafka);
	if (gw_config_parse(text, strlen(text), &world.gw.config, &error) != 0 ||
		producer_open(&world.producer, &world.gw, &world.sink, SINK_RESULT, &error) != 0)
		fail_msg("%s", error.text);
}

static void end(void)
{
	producer_close(&world.producer);
	gw_config_free(world.gw.config);
	alarm(0);
}

static enum gw_drop submit(void)
{
	const struct sink_record record = {
		.kind = SINK_RESULT,
		.frame = &world.frame,
		.camera = "cam0",
		.id = "id",
		.source = "source",
		.time = "time",
		.value = "value",
		.size = 5,
		.finding = GW_NO_FINDING,
	};
	enum gw_drop drop = producer_submit(&world.producer, &record);

	world.accepted += drop == GW_DROP_NONE;
	return drop;
}

static void poll_until(const uint32_t *count, uint32_t value)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	while (*count < value) {
		producer_poll(&world.producer);
		nanosleep(&pause, NULL);
	}
}

static void wait_for_lookup(void)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	while (resolver_waiting() == 0)
		nanosleep(&pause, NULL);
}

static void a_refusal_takes_no_lock(void **state)
{
	begin("{brokers: '127.0.0.1:1', properties: [{name: queue.buffering.max.messages, value: "
	      "'1'}]}");
	assert_int_equal(submit(), GW_DROP_NONE);
	/* The API may hold it just then. */
	pthread_mutex_lock(&world.producer.vitals.lock);
	assert_int_equal(submit(), GW_DROP_SINK_FULL);
	pthread_mutex_unlock(&world.producer.vitals.lock);
	struct vitals_sum sum = {0};

	vitals_add(&sum, &world.producer.vitals);
	json_t *facts = vitals_describe(&sum);
	const char *text = json_string_value(json_object_get(facts, "last_error"));

	assert_non_null(text);
	assert_non_null(strstr(text, "Queue full"));
	json_decref(facts);
	end();
}

static void a_silent_name_server_delays_neither_purge_nor_close(void **state)
{
	resolver_silence(true);
	begin("{brokers: 'broker.invalid:9092'}");
	for (int i = 0; i < 10; i++)
		assert_int_equal(submit(), GW_DROP_NONE);
	wait_for_lookup();
	int64_t before = gw_now();

	producer_purge(&world.producer);
	assert_true(gw_now() - before < 100 * GW_NS_PER_MS);
	producer_settle(&world.producer, gw_now() + 100 * GW_NS_PER_MS);
	assert_int_equal(world.lost, 10);
	before = gw_now();
	end();
	assert_true(gw_now() - before < 500 * GW_NS_PER_MS);
	resolver_silence(false);
}

static void what_was_reported_is_served_also_when_the_deadline_is_over(void **state)
{
	begin("{brokers: '127.0.0.1:1'}");
	for (int i = 0; i < 10; i++)
		assert_int_equal(submit(), GW_DROP_NONE);
	producer_purge(&world.producer);
	producer_settle(&world.producer, gw_now());
	assert_int_equal(world.lost, 10);
	assert_int_equal(gw_counter_get(&world.producer.vitals.waiting), 0);
	end();
}

static void a_silent_name_server_does_not_stop_a_failed_client_from_being_replaced(void **state)
{
	begin("{brokers: unused, properties: [{name: test.mock.num.brokers, value: '1'}, "
	      "{name: broker.address.ttl, value: '0'}, {name: reconnect.backoff.ms, value: '0'}]}");
	submit();
	poll_until(&world.delivered, 1);
	rd_kafka_t *failed = world.producer.now.handle;

	resolver_silence(true);
	rd_kafka_mock_broker_set_down(rd_kafka_handle_mock_cluster(failed), 1);
	wait_for_lookup();
	for (int i = 0; i < 10; i++)
		submit();
	rd_kafka_test_fatal_error(failed, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, "a test");
	for (int64_t until = gw_now() + GW_NS_PER_S; gw_now() < until;)
		producer_poll(&world.producer);
	assert_int_equal(gw_counter_get(&world.producer.vitals.replaced), 1);
	assert_int_equal(world.delivered + world.lost, 1);
	resolver_silence(false);
	poll_until(&world.delivered, 11);
	assert_int_equal(world.lost, 0);
	assert_null(world.producer.old.handle);
	end();
}

static void what_is_held_counts_against_the_limit_and_is_lost_at_the_end(void **state)
{
	begin("{brokers: '127.0.0.1:1', properties: [{name: queue.buffering.max.messages, value: "
	      "'4'}]}");
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit(), GW_DROP_NONE);
	rd_kafka_test_fatal_error(
		world.producer.now.handle, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, "a test");
	while (gw_counter_get(&world.producer.vitals.replaced) == 0)
		producer_poll(&world.producer);
	assert_int_equal(submit(), GW_DROP_NONE);
	assert_int_equal(submit(), GW_DROP_SINK_FULL);
	assert_int_equal(gw_counter_get(&world.producer.vitals.waiting), 4);
	producer_purge(&world.producer);
	producer_settle(&world.producer, gw_now() + GW_NS_PER_S);
	assert_int_equal(world.lost, 4);
	assert_int_equal(world.delivered, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_takes_no_lock),
		cmocka_unit_test(a_silent_name_server_delays_neither_purge_nor_close),
		cmocka_unit_test(what_is_held_counts_against_the_limit_and_is_lost_at_the_end),
		cmocka_unit_test(what_was_reported_is_served_also_when_the_deadline_is_over),
		cmocka_unit_test(
			a_silent_name_server_does_not_stop_a_failed_client_from_being_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
