/* The Kafka back-end against librdkafka's mock cluster. tests/kafka/ does the same with real
 * brokers. */
#include "core/test.h"

#include <dirent.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/thread.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

/* Kafka protocol: the key of the Produce request. */
#define PRODUCE 0

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

static void assert_sampled(const rd_kafka_message_t *result, bool sampled)
{
	json_t *json = json_loadb(result->payload, result->len, 0, NULL);

	assert_non_null(json);
	assert_int_equal(json_is_true(json_object_get(json, "sampled")), sampled);
	json_decref(json);
}

static void a_result_and_its_picture_arrive_as_cloud_events(void **state)
{
	struct fixture *f = cluster_open_sink(*state, "  frames: {every: 1}\n");
	rd_kafka_timestamp_type_t type;

	fixture_send_frames(f, 1, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->samples_delivered, 1);
	struct records results = cluster_consume(*state, "framegate.results", 1);
	struct records pictures = cluster_consume(*state, "framegate.frames", 1);
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

	assert_sampled(result, true);
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

static void brokers_that_go_away_and_come_back_get_everything_in_order(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 5}\n");
	char text[64];

	fixture_send_frames(f, 0, 10);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 2);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "up");

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	int64_t deadline = gw_now() + CLUSTER_PATIENCE_MS * GW_NS_PER_MS;
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
	cluster_assert_in_order(cluster, 60);
	fixture_close(f, 1000);
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
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");
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
	cluster_assert_in_order(cluster, 55);
	fixture_close(f, 1000);
}

static void a_picture_above_the_limit_is_refused_and_its_result_goes_on(void **state)
{
	struct fixture *f = cluster_open_sink(*state,
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
	fixture_describe_topic(f, 1, "last_error", text, sizeof(text));
	assert_non_null(strstr(text, "size too large"));
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void a_picture_that_the_brokers_refuse_for_its_size_is_counted_so(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 1}\n");

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 2,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SAMPLE_TOO_LARGE], 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SINK_LOST], 1);
	struct gw_frame *frame = fixture_frame(f, 0);

	frame->jpeg.size = 25999;
	fixture_send(f, frame);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 2);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 2);
	/* What it knows to be too large it refuses at once, and the result does not promise it. */
	fixture_send_frames(f, 0, 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 2);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	struct records results = cluster_consume(cluster, "framegate.results", 3);

	assert_sampled(results.messages[0], true);
	assert_sampled(results.messages[1], true);
	assert_sampled(results.messages[2], false);
	records_free(&results);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
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
	cluster_stop(state);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	gw_inherit_remember();
	if (CPU_COUNT(&before) < 2) {
		print_message("skipped: it takes two processors\n");
		cluster_start(state);
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
	cluster_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(a_result_and_its_picture_arrive_as_cloud_events),
		CLUSTER_TEST(brokers_that_go_away_and_come_back_get_everything_in_order),
		CLUSTER_TEST(its_threads_take_no_signals_and_are_not_pinned),
		CLUSTER_TEST(a_partition_without_a_leader_is_not_up),
		CLUSTER_TEST(a_picture_above_the_limit_is_refused_and_its_result_goes_on),
		CLUSTER_TEST(a_picture_that_the_brokers_refuse_for_its_size_is_counted_so),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
