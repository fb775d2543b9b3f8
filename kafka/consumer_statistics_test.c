/* What is read in the library's statistics. The client has no broker. */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/test.h"
#include "kafka/consumer.h"

#define SECOND GW_NS_PER_S

static const struct gw_source_config config = {.topic = "pictures"};

static int set_up(void **state)
{
	struct consumer *consumer = calloc(1, sizeof(*consumer));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[256];

	assert_int_equal(
		rd_kafka_conf_set(conf, "group.id", "test", text, sizeof(text)), RD_KAFKA_CONF_OK);
	consumer->client.handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	assert_non_null(consumer->client.handle);
	consumer->config = &config;
	assignment_open(&consumer->assignment);
	*state = consumer;
	return 0;
}

static int tear_down(void **state)
{
	struct consumer *consumer = *state;

	assignment_close(&consumer->assignment);
	rd_kafka_destroy(consumer->client.handle);
	free(consumer);
	return 0;
}

/* Of partition 3; the group is at rest, or is not. */
static void read_that(struct consumer *consumer, bool unknown, const char *join_state, int64_t now)
{
	char text[512];

	snprintf(text, sizeof(text),
		"{\"cgrp\": {\"join_state\": \"%s\"}, \"topics\": {\"pictures\": {\"partitions\": "
		"{\"3\": {\"unknown\": %s, \"leader\": %d, \"fetchq_cnt\": 0, \"next_offset\": "
		"7}}}}}",
		join_state, unknown ? "true" : "false", unknown ? -1 : 1);
	consumer_statistics(consumer, text, now);
}

static bool would_be_committed(struct consumer *consumer, struct partition *partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	const uint32_t count = assignment_ask(&consumer->assignment, partition, config.topic, list);

	rd_kafka_topic_partition_list_destroy(list);
	return count > 0;
}

static void a_partition_that_was_gone_once_is_joined_anew_and_not_committed(void **state)
{
	struct consumer *consumer = *state;
	struct partition *partition = assignment_add(&consumer->assignment, 3);

	read_that(consumer, false, "steady", SECOND);
	assert_false(partition->stale);
	assert_int_equal(consumer->rejoin_at, 0);
	assert_int_equal(partition->read_to, 7);
	read_that(consumer, true, "steady", 2 * SECOND);
	assert_true(partition->gone);
	assert_int_equal(partition->leaderless, 2 * SECOND);
	/* It is there again: the same one, or another. */
	read_that(consumer, false, "steady", 3 * SECOND);
	assert_false(partition->gone);
	assert_int_equal(partition->leaderless, 0);
	assert_true(partition->stale);
	assert_int_equal(consumer->rejoin_at, 4 * SECOND);
	assignment_return(&consumer->assignment,
		assignment_depart(&consumer->assignment, partition, 7), GW_DROP_NONE);
	assert_false(would_be_committed(consumer, partition));
	assert_false(consumer->hindered[HINDRANCE_UNKNOWN]);
	read_that(consumer, false, "steady", 4 * SECOND);
	assert_true(consumer->hindered[HINDRANCE_UNKNOWN]);
	assert_int_equal(consumer->rejoin_at, 0);
	/* Assigned anew it is like any other. */
	assignment_remove(&consumer->assignment, partition);
	partition = assignment_add(&consumer->assignment, 3);
	read_that(consumer, false, "steady", 5 * SECOND);
	assert_false(partition->stale);
	assert_int_equal(consumer->rejoin_at, 0);
}

static void a_group_that_changes_is_not_joined_anew(void **state)
{
	struct consumer *consumer = *state;
	struct partition *partition = assignment_add(&consumer->assignment, 3);

	read_that(consumer, true, "wait-assign-call", 2 * SECOND);
	read_that(consumer, true, "wait-assign-call", 9 * SECOND);
	assert_int_equal(consumer->restless, 2 * SECOND);
	assert_int_equal(consumer->rejoin_at, 4 * SECOND);
	assert_false(consumer->hindered[HINDRANCE_UNKNOWN]);
	read_that(consumer, false, "steady", 10 * SECOND);
	assert_int_equal(consumer->restless, 0);
	assert_true(consumer->hindered[HINDRANCE_UNKNOWN]);
	assert_true(partition->stale);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_partition_that_was_gone_once_is_joined_anew_and_not_committed),
		TEST(a_group_that_changes_is_not_joined_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
