#include "kafka/test_cluster.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"
#include "sink/stage.h"

#define TOLD_NS (60 * GW_NS_PER_S)

int cluster_start(void **state)
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

int cluster_stop(void **state)
{
	struct cluster *cluster = *state;

	rd_kafka_mock_cluster_destroy(cluster->mock);
	rd_kafka_destroy(cluster->client);
	free(cluster);
	return 0;
}

struct fixture *cluster_open_sink(struct cluster *cluster, const char *more)
{
	char yaml[512];

	/* Many tests wait for one record after the other. */
	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n%s%s",
		rd_kafka_mock_cluster_bootstraps(cluster->mock), more,
		strstr(more, "properties:") ? "" : CLUSTER_HASTY);
	return fixture_open(yaml, false);
}

struct records cluster_consume(struct cluster *cluster, const char *topic, size_t count)
{
	struct records records = {.messages = calloc(count, sizeof(rd_kafka_message_t *))};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(3);
	int64_t deadline = gw_now() + CLUSTER_PATIENCE_MS * GW_NS_PER_MS;

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

void records_free(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		rd_kafka_message_destroy(records->messages[i]);
	free(records->messages);
	rd_kafka_consumer_close(records->consumer);
	rd_kafka_destroy(records->consumer);
}

void cluster_assert_in_order(struct cluster *cluster, uint32_t count)
{
	struct records results = cluster_consume(cluster, "framegate.results", count);

	for (uint32_t i = 0; i < count; i++) {
		const rd_kafka_message_t *message = results.messages[i];

		assert(message);
		json_t *json = json_loadb(message->payload, message->len, 0, NULL);
		json_t *frame = json_object_get(json, "frame");
		rd_kafka_timestamp_type_t type;

		assert_int_equal(json_integer_value(json_object_get(frame, "sequence")), i);
		assert_int_equal(rd_kafka_message_timestamp(message, &type), FIXTURE_CAPTURE_MS);
		json_decref(json);
	}
	records_free(&results);
}

void fixture_describe_topic(
	struct fixture *f, size_t topic, const char *key, char *text, size_t size)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *topics = json_object_get(facts, "topics");
	const char *value = json_string_value(json_object_get(json_array_get(topics, topic), key));

	snprintf(text, size, "%s", value ? value : "");
	json_decref(facts);
}

int64_t cluster_told(struct fixture *f, const char *of, const char *key)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	const json_int_t figure =
		json_integer_value(json_object_get(json_object_get(facts, of), key));

	json_decref(facts);
	return figure;
}

void cluster_turn_until_told(struct fixture *f, const char *of, const char *key, int64_t figure)
{
	const int64_t deadline = gw_now() + TOLD_NS;

	while (cluster_told(f, of, key) < figure) {
		assert_true(gw_now() < deadline);
		fixture_turn(f);
		usleep(5000);
	}
}
