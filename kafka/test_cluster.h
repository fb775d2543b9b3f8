/* For tests: librdkafka's mock cluster, which speaks the protocol on a loopback port and can be
 * told to fail, and what it has got. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "sink/fixture.h"

struct cluster {
	rd_kafka_t *client; /* that the cluster lives in */
	rd_kafka_mock_cluster_t *mock;
};

#define CLUSTER_PATIENCE_MS 10000 /* that something is waited for at most */

/* A test with a cluster of its own, which is its state. */
#define CLUSTER_TEST(test) cmocka_unit_test_setup_teardown(test, cluster_start, cluster_stop)

int cluster_start(void **state);
int cluster_stop(void **state);

/* Of the `kafka` section: results do not wait for each other. */
#define CLUSTER_HASTY "  properties: [{name: linger.ms, value: '5'}]\n"

/* A sink with this cluster's brokers, and `more` of the `kafka` section; with no
 * properties in it, results linger for 5 ms. */
struct fixture *cluster_open_sink(struct cluster *cluster, const char *more);

struct records {
	rd_kafka_t *consumer;
	size_t count;
	rd_kafka_message_t **messages;
};

/* Reads `count` records of a topic from its beginning. */
struct records cluster_consume(struct cluster *cluster, const char *topic, size_t count);
void records_free(struct records *records);

/* Results of cam0 are complete and in order, and each has its frame's time. */
void cluster_assert_in_order(struct cluster *cluster, uint32_t count);

/* A fact of one topic: 0 results, 1 frames. */
void fixture_describe_topic(
	struct fixture *f, size_t topic, const char *key, char *text, size_t size);

/* A figure that the stage tells of what is beside results and pictures: "heartbeats", "alarms". */
int64_t cluster_told(struct fixture *f, const char *of, const char *key);
/* Turns the loop until it is at least so much. */
void cluster_turn_until_told(struct fixture *f, const char *of, const char *key, int64_t figure);
