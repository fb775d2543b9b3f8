/* Producers that failed for good are replaced, and nothing is lost or overtaken: against a mock
 * cluster. */
#include "core/test.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

/* Kafka protocol: the key of the Produce request. */
#define PRODUCE 0

static void a_producer_that_fails_for_good_is_replaced_and_nothing_is_lost(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");

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
	cluster_assert_in_order(cluster, 205);
	fixture_close(f, 1000);
}

static void pictures_survive_the_replacement_too(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 1, budget: 30}\n");

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 20);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 21);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 21);
	struct records pictures = cluster_consume(cluster, "framegate.frames", 21);

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
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");
	char text[256];

	rd_kafka_mock_push_request_errors(
		cluster->mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SINK_LOST], 1);
	fixture_describe_topic(f, 0, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "INVALID_RECORD: "));
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void what_can_pass_costs_nothing_and_keeps_the_order(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");
	char text[256];

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	fixture_send_frames(f, 0, 100);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 105);
	fixture_describe_topic(f, 0, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "TOPIC_AUTHORIZATION_FAILED: "));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 0);
	fixture_assert_balanced(f);
	cluster_assert_in_order(cluster, 105);
	fixture_close(f, 1000);
}

static void nothing_overtakes_what_is_refused_while_nobody_looks(void **state)
{
	static const struct timespec late = {.tv_nsec = 300 * GW_NS_PER_MS};
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster,
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
	cluster_assert_in_order(cluster, 55);
	fixture_close(f, 1000);
}

static void what_comes_while_a_producer_is_replaced_waits_behind_the_rest(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");

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
	cluster_assert_in_order(cluster, 305);
	fixture_close(f, 1000);
}

static void a_refused_request_harms_no_record_but_the_one_at_fault(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster,
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
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");

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

static void write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_file_that_changes_makes_a_new_client_and_loses_nothing(void **state)
{
	char path[] = "/tmp/framegate-rack-XXXXXX", more[256];

	close(mkstemp(path));
	write_to(path, "one");
	snprintf(more, sizeof(more),
		"  frames: {every: 0}\n  properties: [{name: client.rack, file: '%s'}]\n", path);
	struct fixture *f = cluster_open_sink(*state, more);

	fixture_send_frames(f, 0, 10);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
	assert_int_equal(replaced(f), 0);
	write_to(path, "another");
	const int64_t deadline = gw_now() + 20 * GW_NS_PER_S;
	uint32_t sent = 10;

	/* Records come all the while. */
	while (replaced(f) == 0 && gw_now() < deadline) {
		fixture_send_frames(f, 0, 1);
		sent++;
		usleep(5000);
	}
	assert_int_equal(replaced(f), 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, sent);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(a_producer_that_fails_for_good_is_replaced_and_nothing_is_lost),
		CLUSTER_TEST(pictures_survive_the_replacement_too),
		CLUSTER_TEST(what_brokers_refuse_for_good_is_lost_and_counted),
		CLUSTER_TEST(what_can_pass_costs_nothing_and_keeps_the_order),
		CLUSTER_TEST(nothing_overtakes_what_is_refused_while_nobody_looks),
		CLUSTER_TEST(what_comes_while_a_producer_is_replaced_waits_behind_the_rest),
		CLUSTER_TEST(a_refused_request_harms_no_record_but_the_one_at_fault),
		CLUSTER_TEST(producers_that_fail_at_once_are_replaced_ever_more_rarely),
		CLUSTER_TEST(a_file_that_changes_makes_a_new_client_and_loses_nothing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
