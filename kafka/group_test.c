/* Partitions that come while there is no memory for them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"
#include "kafka/consumer.h"
#include "kafka/test_cluster.h"

#define TOPIC "framegate.frames"
#define PARTITIONS 3
#define PATIENCE_NS (30 * GW_NS_PER_S)
#define RECORDS 30

/* How many partitions there is memory for, and how many were refused. One thread. */
static int room, refused;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	if (size == sizeof(struct partition) && room-- <= 0) {
		refused++;
		return NULL;
	}
	return __real_calloc(count, size);
}

static void produce(struct cluster *cluster)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "bootstrap.servers",
		rd_kafka_mock_cluster_bootstraps(cluster->mock), NULL, 0);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	rd_kafka_topic_t *topic = rd_kafka_topic_new(client, TOPIC, NULL);

	for (int i = 0; i < RECORDS; i++)
		assert_int_equal(rd_kafka_produce(topic, i % PARTITIONS, RD_KAFKA_MSG_F_COPY, "it",
					 2, NULL, 0, NULL),
			0);
	assert_int_equal(rd_kafka_flush(client, CLUSTER_PATIENCE_MS), 0);
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(client);
}

/* Takes what there is. Returns how many. */
static uint32_t take(struct consumer *consumer)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < consumer->assignment.count; i++) {
		struct partition *partition = consumer->assignment.partitions[i];

		while (consumer_peek(consumer, partition)) {
			consumer_refuse(consumer, partition, GW_DROP_RECORD_TOO_LARGE);
			count++;
		}
	}
	return count;
}

static void leave(struct consumer *consumer)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;
	bool left = false;

	while (!left && gw_now() < deadline)
		left = consumer_leave(consumer, gw_now());
	assert_true(left);
	consumer_close(consumer);
	free(consumer);
}

static struct consumer *join(struct cluster *cluster)
{
	static struct gw_gateway_config gateway = {.name = "test"};
	static struct gw_source_config source = {.topic = TOPIC, .group = "testers"};
	static struct gw_kafka_config kafka = {.source = &source};
	static struct gw_config config = {.gateway = &gateway, .kafka = &kafka};
	static struct gw gw = {.config = &config};
	struct consumer *consumer = calloc(1, sizeof(*consumer));
	struct gw_error error;

	kafka.brokers = (char *)rd_kafka_mock_cluster_bootstraps(cluster->mock);
	assert_int_equal(consumer_open(consumer, &gw, &error), 0);
	return consumer;
}

/* Turns until there was no memory, for the last of them. */
static void turn_until_refused(struct consumer *consumer)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;

	refused = 0;
	while (refused == 0 && gw_now() < deadline) {
		room = PARTITIONS - 1;
		consumer_poll(consumer, gw_now());
		usleep(1000);
	}
	assert_true(refused > 0);
	assert_int_equal(consumer->assignment.count, 0);
	assert_string_equal(consumer->last_error, "out of memory: new partitions wait");
}

static void all_are_read_once_there_is_memory(void **state)
{
	struct cluster *cluster = *state;
	struct consumer *consumer;
	uint32_t count = 0;

	produce(cluster);
	consumer = join(cluster);
	turn_until_refused(consumer);
	/* It goes on like that. */
	turn_until_refused(consumer);
	room = PARTITIONS;
	const int64_t deadline = gw_now() + PATIENCE_NS;

	while (count < RECORDS && gw_now() < deadline) {
		consumer_poll(consumer, gw_now());
		count += take(consumer);
		usleep(1000);
	}
	assert_int_equal(consumer->assignment.count, PARTITIONS);
	assert_int_equal(count, RECORDS);
	assert_false(consumer->fatal);
	leave(consumer);
}

static void a_gateway_ends_while_partitions_wait_for_memory(void **state)
{
	struct cluster *cluster = *state;
	struct consumer *consumer = join(cluster);

	turn_until_refused(consumer);
	room = 0;
	leave(consumer);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(all_are_read_once_there_is_memory),
		CLUSTER_TEST(a_gateway_ends_while_partitions_wait_for_memory),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
