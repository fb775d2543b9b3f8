/* The Kafka back-end against librdkafka's mock cluster, which speaks the protocol on a loopback
 * port and can be told to fail. tests/kafka/ does the same with real brokers. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <dirent.h>
#include <jansson.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/thread.h"
#include "kafka/resolver.h"
#include "sink/fixture.h"
#include "sink/stage.h"

/* Kafka protocol: the key of the Produce request. */
#define PRODUCE 0
#define PATIENCE_MS 10000

struct cluster {
	rd_kafka_t *client; /* that the cluster lives in */
	rd_kafka_mock_cluster_t *mock;
};

static int start_cluster(void **state)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	cluster->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	cluster->mock = rd_kafka_mock_cluster_new(cluster->client, 1);
	rd_kafka_mock_topic_create(cluster->mock, "framegate.results", 3, 1);
	rd_kafka_mock_topic_create(cluster->mock, "framegate.frames", 3, 1);
	*state = cluster;
	return 0;
}

static int stop_cluster(void **state)
{
	struct cluster *cluster = *state;

	rd_kafka_mock_cluster_destroy(cluster->mock);
	rd_kafka_destroy(cluster->client);
	free(cluster);
	return 0;
}

static struct fixture *open_sink(struct cluster *cluster, const char *more)
{
	char yaml[512];

	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n%s",
		rd_kafka_mock_cluster_bootstraps(cluster->mock), more);
	return fixture_open(yaml, false);
}

struct records {
	rd_kafka_t *consumer;
	size_t count;
	rd_kafka_message_t **messages;
};

/* Reads `count` records of a topic from its beginning. */
static struct records consume(struct cluster *cluster, const char *topic, size_t count)
{
	struct records records = {.messages = calloc(count, sizeof(rd_kafka_message_t *))};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(3);
	int64_t deadline = gw_now() + PATIENCE_MS * GW_NS_PER_MS;

	rd_kafka_conf_set(conf, "bootstrap.servers",
		rd_kafka_mock_cluster_bootstraps(cluster->mock), NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
	records.consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	rd_kafka_poll_set_consumer(records.consumer);
	for (int32_t i = 0; i < 3; i++)
		rd_kafka_topic_partition_list_add(partitions, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(records.consumer, partitions);
	rd_kafka_topic_partition_list_destroy(partitions);
	while (records.count < count && gw_now() < deadline) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(records.consumer, 100);

		if (message && message->err == 0)
			records.messages[records.count++] = message;
		else if (message)
			rd_kafka_message_destroy(message);
	}
	assert_int_equal(records.count, count);
	return records;
}

static void records_free(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		rd_kafka_message_destroy(records->messages[i]);
	free(records->messages);
	rd_kafka_consumer_close(records->consumer);
	rd_kafka_destroy(records->consumer);
}

static void assert_header(const rd_kafka_message_t *message, const char *name, const char *value)
{
	rd_kafka_headers_t *headers;
	const void *found;
	size_t size;

	assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
	assert_int_equal(rd_kafka_header_get_last(headers, name, &found, &size), 0);
	assert_int_equal(size, strlen(value));
	assert_memory_equal(found, value, size);
}

static void a_result_and_its_picture_arrive_as_cloud_events(void **state)
{
	struct fixture *f = open_sink(*state, "  frames: {every: 1}\n");
	rd_kafka_timestamp_type_t type;
	json_error_t error;

	fixture_send_frames(f, 1, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->samples_delivered, 1);
	struct records results = consume(*state, "framegate.results", 1);
	struct records pictures = consume(*state, "framegate.frames", 1);
	const rd_kafka_message_t *result = results.messages[0], *picture = pictures.messages[0];

	assert_int_equal(result->key_len, 4);
	assert_memory_equal(result->key, "cam1", 4);
	assert_int_equal(rd_kafka_message_timestamp(result, &type), FIXTURE_CAPTURE_MS);
	assert_header(result, "ce_specversion", "1.0");
	assert_header(result, "ce_id", "00000000-0000-4000-8000-000000000001/cam1/0");
	assert_header(result, "ce_source", "/gateways/test%20gateway/cameras/cam1");
	assert_header(result, "ce_type", "com.framegate.result.v1");
	assert_header(result, "ce_time", "2026-11-21T07:40:00.123Z");
	assert_header(result, "content-type", "application/json");
	json_t *json = json_loadb(result->payload, result->len, 0, &error);

	assert_non_null(json);
	assert_true(json_is_true(json_object_get(json, "sampled")));
	json_decref(json);

	assert_memory_equal(picture->key, "cam1", 4);
	assert_int_equal(picture->partition, result->partition);
	assert_int_equal(rd_kafka_message_timestamp(picture, &type), FIXTURE_CAPTURE_MS);
	assert_header(picture, "ce_id", "00000000-0000-4000-8000-000000000001/cam1/0");
	assert_header(picture, "ce_type", "com.framegate.frame.v1");
	assert_header(picture, "content-type", "image/jpeg");
	assert_int_equal(picture->len, 26000);
	for (size_t i = 0; i < picture->len; i++)
		assert_int_equal(((uint8_t *)picture->payload)[i], 0);
	records_free(&results);
	records_free(&pictures);
	assert_int_equal(gw_counter_get(&f->gw.latency[0]->acknowledge.count), 1);
	fixture_close(f, 1000);
}

/* Results of cam0 are complete and in order, and each has its frame's time. */
static void assert_in_order(struct cluster *cluster, uint32_t count)
{
	struct records results = consume(cluster, "framegate.results", count);

	for (uint32_t i = 0; i < count; i++) {
		json_t *json =
			json_loadb(results.messages[i]->payload, results.messages[i]->len, 0, NULL);
		json_t *frame = json_object_get(json, "frame");
		rd_kafka_timestamp_type_t type;

		assert_int_equal(json_integer_value(json_object_get(frame, "sequence")), i);
		assert_int_equal(
			rd_kafka_message_timestamp(results.messages[i], &type), FIXTURE_CAPTURE_MS);
		json_decref(json);
	}
	records_free(&results);
}

static void brokers_that_go_away_and_come_back_get_everything_in_order(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 5}\n");
	char text[64];

	fixture_send_frames(f, 0, 10);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 2);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "up");

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	int64_t deadline = gw_now() + PATIENCE_MS * GW_NS_PER_MS;
	while (strcmp(text, "down") != 0 && gw_now() < deadline) {
		fixture_turn(f);
		fixture_describe(f, "state", text, sizeof(text));
	}
	assert_string_equal(text, "down");
	fixture_send_frames(f, 0, 50);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->results_waiting), 50);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_held), 10);
	fixture_assert_balanced(f);

	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 60);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 12);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "up");
	assert_in_order(cluster, 60);
	fixture_close(f, 1000);
}

static void a_producer_that_fails_for_good_is_replaced_and_nothing_is_lost(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	/* To the first request in flight it means: out of step, beyond repair. */
	rd_kafka_mock_push_request_errors(
		cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 200);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 205);
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *results = json_array_get(json_object_get(facts, "topics"), 0);

	assert_int_equal(json_integer_value(json_object_get(results, "replaced")), 1);
	json_decref(facts);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 0);
	fixture_assert_balanced(f);
	assert_in_order(cluster, 205);
	fixture_close(f, 1000);
}

static void pictures_survive_the_replacement_too(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 1, budget: 30}\n");

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 20);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 21);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 21);
	struct records pictures = consume(cluster, "framegate.frames", 21);

	for (size_t i = 0; i < pictures.count; i++) {
		const rd_kafka_message_t *picture = pictures.messages[i];

		if (!picture || picture->len != 26000)
			fail_msg("picture %zu is not whole", i);
		else
			assert_int_equal(((uint8_t *)picture->payload)[25999], i);
	}
	records_free(&pictures);
	fixture_close(f, 1000);
}

/* A fact of one topic: 0 results, 1 frames. */
static void describe_topic(
	struct fixture *f, size_t topic, const char *key, char *text, size_t size)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *topics = json_object_get(facts, "topics");
	const char *value = json_string_value(json_object_get(json_array_get(topics, topic), key));

	snprintf(text, size, "%s", value ? value : "");
	json_decref(facts);
}

static uint64_t replaced(struct fixture *f)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *results = json_array_get(json_object_get(facts, "topics"), 0);
	uint64_t count = (uint64_t)json_integer_value(json_object_get(results, "replaced"));

	json_decref(facts);
	return count;
}

static void what_brokers_refuse_for_good_is_lost_and_counted(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");
	char text[256];

	rd_kafka_mock_push_request_errors(
		cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SINK_LOST], 1);
	describe_topic(f, 0, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "INVALID_RECORD: "));
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void what_can_pass_costs_nothing_and_keeps_the_order(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");
	char text[256];

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	fixture_send_frames(f, 0, 100);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 105);
	describe_topic(f, 0, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "TOPIC_AUTHORIZATION_FAILED: "));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 0);
	fixture_assert_balanced(f);
	assert_in_order(cluster, 105);
	fixture_close(f, 1000);
}

static void nothing_overtakes_what_is_refused_while_nobody_looks(void **state)
{
	static const struct timespec late = {.tv_nsec = 300 * GW_NS_PER_MS};
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster,
		"  frames: {every: 0}\n"
		"  properties:\n"
		"    - {name: batch.num.messages, value: '5'}\n"
		"    - {name: linger.ms, value: '50'}\n"
		/* The mock cluster takes what a real one refuses: what follows a gap. */
		"    - {name: max.in.flight.requests.per.connection, value: '1'}\n");

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	rd_kafka_mock_push_request_errors(
		cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	fixture_send_frames(f, 0, 50);
	nanosleep(&late, NULL);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 55);
	assert_in_order(cluster, 55);
	fixture_close(f, 1000);
}

static void what_comes_while_a_producer_is_replaced_waits_behind_the_rest(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	for (int i = 0; i < 3; i++)
		rd_kafka_mock_push_request_errors(
			cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	for (int i = 0; i < 300; i++) {
		static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

		fixture_send_frames(f, 0, 1);
		nanosleep(&pause, NULL);
	}
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 305);
	assert_true(replaced(f) >= 2);
	fixture_assert_balanced(f);
	assert_in_order(cluster, 305);
	fixture_close(f, 1000);
}

static void a_refused_request_harms_no_record_but_the_one_at_fault(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster,
		"  frames: {every: 0}\n"
		"  properties: [{name: linger.ms, value: '100'}, {name: debug, value: "
		"'eos,msg,protocol'}]\n");

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	/* The request with all of them, and then the third one that comes alone. */
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 4,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR,
		RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	fixture_send_frames(f, 0, 50);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SINK_LOST], 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 50);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 1);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void producers_that_fail_at_once_are_replaced_ever_more_rarely(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");

	for (int i = 0; i < 100; i++)
		rd_kafka_mock_push_request_errors(
			cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 20);
	for (int64_t until = gw_now() + 3 * GW_NS_PER_S; gw_now() < until;)
		fixture_turn(f);
	/* At once, after 0.5 s and after 1 s more; the next one takes 2 s. */
	assert_in_range(replaced(f), 2, 3);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->results_waiting), 20);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

static void assert_trouble(struct fixture *f, const char *id)
{
	static struct gw_health health;

	health.count = 0;
	sink_stage.health(f->sink->stage, &health);
	assert_int_equal(health.count, id ? 1 : 0);
	if (id)
		assert_string_equal(health.trouble[0].id, id);
}

static void a_partition_without_a_leader_is_not_up(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");
	char text[64];

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	assert_trouble(f, NULL);
	for (int32_t partition = 0; partition < 3; partition++)
		rd_kafka_mock_partition_set_leader(
			cluster->mock, "framegate.results", partition, -1);
	fixture_send_frames(f, 0, 50);
	for (int64_t until = gw_now() + 6 * GW_NS_PER_S; gw_now() < until;)
		fixture_turn(f);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "stalled");
	assert_trouble(f, "kafka.framegate.results.unconfirmed");
	for (int32_t partition = 0; partition < 3; partition++)
		rd_kafka_mock_partition_set_leader(
			cluster->mock, "framegate.results", partition, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 55);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "up");
	assert_trouble(f, NULL);
	assert_in_order(cluster, 55);
	fixture_close(f, 1000);
}

/* What the back-end has no room for waits in the link. */
static void lossless_waits_for_room_and_loses_nothing(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster,
		"  frames: {every: 2, budget: 3}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '4'}]\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	fixture_send_frames(f, 0, 24);
	for (int i = 0; i < 100; i++)
		fixture_turn(f);
	assert_true(gw_link_count(f->sink->in[0]) > 10);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	fixture_assert_balanced(f);

	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 24);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 12);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	assert_in_order(cluster, 24);
	fixture_close(f, 1000);
}

/* Three pictures of each frame, and room for two. */
static void lossless_waits_with_better_pictures_too(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 1, budget: 2}\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (int i = 0; i < 3; i++) {
		struct gw_frame *frame = fixture_enhanced_frame(f, -1);

		frame->lossless = true;
		fixture_send(f, frame);
		fixture_turn(f);
	}
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_held), 1);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_beside), 1);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->frames_out), 0);
	fixture_assert_balanced(f);

	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 9);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void better_pictures_that_still_wait_at_the_end_are_counted_each(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 1, budget: 10}\n");

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (int i = 0; i < 3; i++) {
		fixture_send(f, fixture_enhanced_frame(f, -1));
		fixture_turn(f);
	}
	assert_int_equal(gw_pool_in_use(f->gw.pool, 0), 3);
	f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(f->sink));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 3);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 9);
	assert_int_equal(gw_pool_in_use(f->gw.pool, 0), 0);
	fixture_close(f, 100);
}

static void a_lossless_frame_is_told_of_when_it_is_stored_and_not_before(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 0}\n");
	struct gw_returned returned[4];

	f->gw.receipts[0] = gw_receipts_create();
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (uint64_t receipt = 1; receipt <= 3; receipt++) {
		struct gw_frame *frame = fixture_frame(f, 0);

		frame->lossless = true;
		frame->receipt = receipt;
		fixture_send(f, frame);
	}
	for (int i = 0; i < 100; i++)
		fixture_turn(f);
	assert_int_equal(gw_receipts_take(f->gw.receipts[0], returned, 4), 0);
	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	assert_int_equal(gw_receipts_take(f->gw.receipts[0], returned, 4), 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(returned[i].receipt, i + 1);
		assert_int_equal(returned[i].outcome, GW_DROP_NONE);
	}
	fixture_close(f, 5000);
}

static void what_lossless_still_waits_for_at_the_end_is_counted(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster,
		"  frames: {every: 1, budget: 10}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '4'}]\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	fixture_send_frames(f, 0, 5);
	assert_int_equal(gw_link_count(f->sink->in[0]), 0);
	f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(f->sink));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SHUTDOWN), 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 4);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 4);
	fixture_close(f, 100);
}

static void a_picture_above_the_limit_is_refused_and_its_result_goes_on(void **state)
{
	struct fixture *f = open_sink(*state,
		"  frames: {every: 1}\n"
		"  properties: [{name: message.max.bytes, value: '20000'}]\n");
	struct gw_frame *frame = fixture_frame(f, 0);
	char text[256];

	fixture_send(f, frame);
	frame = fixture_frame(f, 0);
	frame->jpeg.size = 10000;
	fixture_send(f, frame);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 2);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 1);
	describe_topic(f, 1, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "size too large"));
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void a_picture_that_the_brokers_refuse_for_its_size_is_counted_so(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 1}\n");

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SAMPLE_TOO_LARGE], 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SINK_LOST], 1);
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 2);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 2);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void what_lingers_is_sent_when_the_gateway_ends(void **state)
{
	struct fixture *f = open_sink(*state,
		"  frames: {every: 1}\n"
		"  properties: [{name: linger.ms, value: '60000'}]\n");
	int64_t begin = gw_now();

	fixture_send_frames(f, 0, 5);
	f->sink->drain_by = begin + PATIENCE_MS * GW_NS_PER_MS;
	while (!sink_stage.drain(f->sink))
		;
	assert_true(gw_now() < f->sink->drain_by);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->delivered), 5);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_delivered), 5);
	fixture_close(f, 1000);
}

/* The connection is lost, and the lookup for the next one gets no answer. */
static void lose_broker_and_resolver(struct cluster *cluster, struct fixture *f)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	int64_t deadline = gw_now() + PATIENCE_MS * GW_NS_PER_MS;

	resolver_silence(true);
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	while (resolver_waiting() < 2 && gw_now() < deadline) {
		fixture_turn(f);
		nanosleep(&pause, NULL);
	}
	assert_true(resolver_waiting() >= 2);
}

#define FORGETFUL \
	"  properties: [{name: broker.address.ttl, value: '0'}, " \
	"{name: reconnect.backoff.ms, value: '0'}]\n"

static void what_hanging_clients_never_report_is_lost_and_counted_in_time(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = open_sink(cluster, "  frames: {every: 1, budget: 20}\n" FORGETFUL);

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 5);
	lose_broker_and_resolver(cluster, f);
	fixture_send_frames(f, 0, 10);
	fixture_send_frames(f, 1, 10);
	int64_t begin = gw_now();

	f->sink->drain_by = begin;
	assert_true(sink_stage.drain(f->sink));
	assert_true(gw_now() - begin < 500 * GW_NS_PER_MS);
	for (uint32_t camera = 0; camera < 2; camera++) {
		assert_int_equal(fixture_drops(f, camera, GW_DROP_SINK_LOST), 10);
		assert_int_equal(fixture_drops(f, camera, GW_DROP_SAMPLE_LOST), 10);
	}
	begin = gw_now();
	/* It checks the slots, the gauges and the balance. */
	fixture_close(f, 0);
	assert_true(gw_now() - begin < 800 * GW_NS_PER_MS);
	resolver_silence(false);
}

/* Counts this process's threads by the name that librdkafka gives them, and those of them that are
 * as `line` of /proc/PID/task/TID/status says. */
static void count_threads(const char *line, uint32_t *all, uint32_t *such)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;

	assert_non_null(tasks);
	*all = *such = 0;
	while ((task = readdir(tasks))) {
		char path[300], text[4096] = "";

		snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
		FILE *file = fopen(path, "r");

		if (!file)
			continue;
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
		if (!strstr(text, "Name:\trdk:"))
			continue;
		++*all;
		*such += strstr(text, line) != NULL;
	}
	closedir(tasks);
}

static void its_threads_take_no_signals_and_are_not_pinned(void **state)
{
	uint32_t all, pinned, closed;
	cpu_set_t before, one;

	/* Only the fixture's threads shall be there. */
	stop_cluster(state);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	gw_inherit_remember();
	if (CPU_COUNT(&before) < 2) {
		print_message("skipped: it takes two processors\n");
		start_cluster(state);
		skip();
	}
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	struct fixture *f = fixture_open("kafka: {brokers: '127.0.0.1:1'}\n", false);

	count_threads("Cpus_allowed_list:\t0\n", &all, &pinned);
	assert_true(all >= 4);
	assert_int_equal(pinned, 0);
	/* Every signal that can be blocked: SIGKILL, SIGSTOP and two of the C library's cannot. */
	count_threads("SigBlk:\tfffffffe7ffbfeff\n", &all, &closed);
	assert_int_equal(closed, all);
	/* The caller is as it was. */
	assert_int_equal(sched_getaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(CPU_COUNT(&one), 1);
	sched_setaffinity(0, sizeof(before), &before);
	fixture_close(f, 10);
	start_cluster(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_CLUSTER(test) cmocka_unit_test_setup_teardown(test, start_cluster, stop_cluster)
		WITH_CLUSTER(a_result_and_its_picture_arrive_as_cloud_events),
		WITH_CLUSTER(brokers_that_go_away_and_come_back_get_everything_in_order),
		WITH_CLUSTER(a_producer_that_fails_for_good_is_replaced_and_nothing_is_lost),
		WITH_CLUSTER(pictures_survive_the_replacement_too),
		WITH_CLUSTER(what_lingers_is_sent_when_the_gateway_ends),
		WITH_CLUSTER(what_hanging_clients_never_report_is_lost_and_counted_in_time),
		WITH_CLUSTER(its_threads_take_no_signals_and_are_not_pinned),
		WITH_CLUSTER(what_brokers_refuse_for_good_is_lost_and_counted),
		WITH_CLUSTER(what_can_pass_costs_nothing_and_keeps_the_order),
		WITH_CLUSTER(nothing_overtakes_what_is_refused_while_nobody_looks),
		WITH_CLUSTER(what_comes_while_a_producer_is_replaced_waits_behind_the_rest),
		WITH_CLUSTER(a_refused_request_harms_no_record_but_the_one_at_fault),
		WITH_CLUSTER(producers_that_fail_at_once_are_replaced_ever_more_rarely),
		WITH_CLUSTER(a_partition_without_a_leader_is_not_up),
		WITH_CLUSTER(lossless_waits_for_room_and_loses_nothing),
		WITH_CLUSTER(lossless_waits_with_better_pictures_too),
		WITH_CLUSTER(better_pictures_that_still_wait_at_the_end_are_counted_each),
		WITH_CLUSTER(a_lossless_frame_is_told_of_when_it_is_stored_and_not_before),
		WITH_CLUSTER(what_lossless_still_waits_for_at_the_end_is_counted),
		WITH_CLUSTER(a_picture_above_the_limit_is_refused_and_its_result_goes_on),
		WITH_CLUSTER(a_picture_that_the_brokers_refuse_for_its_size_is_counted_so),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
