/* Heartbeats, against librdkafka's mock cluster. */
#include "kafka/heartbeat.h"

#include "core/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/test_log.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

#define WANTED "  heartbeats: {seconds: 1}\n"

/* The latest record with that key and state, read back; NULL: there is none. */
static json_t *find(const struct records *records, const char *key, const char *state)
{
	for (size_t i = records->count; i > 0; i--) {
		const rd_kafka_message_t *message = records->messages[i - 1];
		json_t *json =
			json_loadb(message->payload, message->len, JSON_REJECT_DUPLICATES, NULL);
		const char *said = json_string_value(json_object_get(json, "state"));

		assert_non_null(json);
		if (message->key_len == strlen(key) &&
			memcmp(message->key, key, message->key_len) == 0 &&
			strcmp(said ? said : "", state) == 0)
			return json;
		json_decref(json);
	}
	return NULL;
}

static json_int_t number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void a_silent_camera_is_told_apart_from_an_empty_scene(void **state)
{
	struct cluster *cluster = *state;

	rd_kafka_mock_topic_create(cluster->mock, "framegate.heartbeats", 1, 1);
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n" WANTED);
	struct gw_camera_stats *rx = &f->gw.stages[GW_STAGE_RX].lanes[0].stats->camera[0];

	/* What the receive stage says of a picture that is 100 s old, and of five new ones. */
	gw_counter_set(&rx->last_frame, (uint64_t)(gw_now() - 100 * GW_NS_PER_S));
	cluster_turn_until_told(f, "heartbeats", "delivered", 3);
	gw_counter_add(&f->gw.cameras->slot[0].next_sequence, 5);
	cluster_turn_until_told(f, "heartbeats", "delivered", 6);
	struct records records = cluster_consume(cluster, "framegate.heartbeats", 6);
	json_t *stalled = find(&records, "cam0", "stalled"), *live = find(&records, "cam0", "live");
	json_t *silent = find(&records, "cam1", "silent");
	json_t *gateway = find(&records, "test gateway", "");

	assert_non_null(stalled);
	assert_true(number(stalled, "lastFrameAgeMs") >= 100000);
	assert_int_equal(number(stalled, "frames"), 0);
	assert_non_null(live);
	assert_int_equal(number(live, "frames"), 5);
	assert_string_equal(json_string_value(json_object_get(live, "gateway")), "test gateway");
	assert_string_equal(json_string_value(json_object_get(live, "sensorId")), "cam0");
	assert_int_equal(number(live, "seconds"), 1);
	assert_non_null(silent);
	assert_null(json_object_get(silent, "lastFrameAgeMs"));
	assert_non_null(gateway);
	assert_int_equal(number(json_object_get(gateway, "cameras"), "live"), 1);
	assert_int_equal(number(json_object_get(gateway, "cameras"), "silent"), 1);
	json_decref(stalled);
	json_decref(live);
	json_decref(silent);
	json_decref(gateway);
	records_free(&records);
	fixture_close(f, 1000);
}

/* As the configuration has cam1, under another name. */
static void put(struct fixture *f, const char *name)
{
	struct gw_camera_config camera = *gw_camera_now(&f->gw, 1)->config;
	struct gw_error error;

	camera.name = (char *)name;
	camera.port = 5001;
	assert_int_equal(gw_camera_put(&f->gw, &camera, &error), 0);
}

static void a_camera_in_a_slot_that_was_anothers_counts_its_own_pictures(void **state)
{
	struct cluster *cluster = *state;

	rd_kafka_mock_topic_create(cluster->mock, "framegate.heartbeats", 1, 1);
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n" WANTED);
	struct gw_error error;
	char name[16];

	/* Every slot was somebody's: the one that was left first is given to the next name. */
	for (uint32_t i = 2; i < GW_CAMERAS; i++) {
		snprintf(name, sizeof(name), "camera%u", i);
		put(f, name);
		gw_counter_set(&f->gw.cameras->slot[i].next_sequence, 1000);
		assert_int_equal(gw_camera_remove(&f->gw, name, &error), 0);
	}
	put(f, "another");
	assert_int_equal(gw_camera_find(&f->gw, "another"), 2);
	gw_counter_add(&f->gw.cameras->slot[2].next_sequence, 7);
	cluster_turn_until_told(f, "heartbeats", "delivered", 4);
	struct records records = cluster_consume(cluster, "framegate.heartbeats", 4);
	json_t *silent = find(&records, "another", "silent");

	assert_non_null(silent);
	assert_int_equal(number(silent, "frames"), 7);
	json_decref(silent);
	records_free(&records);
	fixture_close(f, 1000);
}

static void heartbeats_that_cannot_be_stored_are_told_and_hold_nothing_up(void **state)
{
	struct cluster *cluster = *state;
	struct gw_health health = {0};

	/* Before the client asks for the topic: such a cluster says it of the topic, and not of
	 * what is produced to it. */
	rd_kafka_mock_topic_set_error(cluster->mock, "framegate.heartbeats",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	struct fixture *f = cluster_open_sink(cluster,
		"  frames: {every: 0}\n" WANTED
		"  properties: [{name: queue.buffering.max.messages, value: '5'}]\n");

	cluster_turn_until_told(f, "heartbeats", "lost", 1);
	sink_stage.health(f->sink->stage, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "kafka.heartbeats.lost");
	assert_non_null(strstr(health.trouble[0].text, "framegate.heartbeats"));
	fixture_send_frames(f, 0, 3);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	fixture_close(f, 1000);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static uint32_t count_of(const char *text, const char *what)
{
	uint32_t count = 0;

	while ((text = strstr(text, what))) {
		count++;
		text += strlen(what);
	}
	return count;
}

static void a_client_that_cannot_be_renewed_is_told_once_and_tried_again(void **state)
{
	struct cluster *cluster = *state;
	char path[] = "/tmp/framegate-linger-XXXXXX", yaml[256];
	struct heartbeats heartbeats = {0};
	struct gw_error error;
	struct test_log log;

	close(mkstemp(path));
	write_file(path, "5\n");
	snprintf(yaml, sizeof(yaml),
		"  frames: {every: 0}\n  heartbeats: {seconds: 60}\n"
		"  properties: [{name: linger.ms, file: %s}, "
		"{name: client.rack, env: FRAMEGATE_TEST_RACK}]\n",
		path);
	setenv("FRAMEGATE_TEST_RACK", "r1", 1);
	struct fixture *f = cluster_open_sink(cluster, yaml);

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	assert_int_equal(heartbeats_open(&heartbeats, &f->gw, &error), 0);
	int64_t now = heartbeats.next;

	heartbeats_step(&heartbeats, now);
	assert_false(heartbeats.under_way);
	write_file(path, "77\n");
	unsetenv("FRAMEGATE_TEST_RACK");
	test_log_begin(&log);
	for (int i = 0; i < 4; i++)
		heartbeats_step(&heartbeats, now += GW_NS_PER_S);
	const char *said = test_log_said(&log);

	assert_int_equal(count_of(said, "heartbeats go on with the files"), 1);
	assert_non_null(strstr(said, "FRAMEGATE_TEST_RACK"));
	test_log_end(&log);
	/* The old client has them still. */
	assert_int_equal(client_limit(&heartbeats.news.client, "linger.ms"), 5);
	assert_int_equal(gw_counter_get(&heartbeats.news.lost), 0);
	/* The files have not changed since. */
	setenv("FRAMEGATE_TEST_RACK", "r1", 1);
	heartbeats_step(&heartbeats, now += GW_NS_PER_S);
	assert_int_equal(client_limit(&heartbeats.news.client, "linger.ms"), 77);
	/* Two cameras' and the gateway's. */
	assert_int_equal(gw_counter_get(&heartbeats.news.lost), 3);
	heartbeats_close(&heartbeats);
	unsetenv("FRAMEGATE_TEST_RACK");
	unlink(path);
	fixture_close(f, 1000);
}

static void without_them_nothing_is_sent(void **state)
{
	struct fixture *f = cluster_open_sink(*state, "  frames: {every: 0}\n");
	json_t *facts = sink_stage.describe(f->sink->stage);

	assert_null(json_object_get(facts, "heartbeats"));
	json_decref(facts);
	fixture_close(f, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(a_silent_camera_is_told_apart_from_an_empty_scene),
		CLUSTER_TEST(a_camera_in_a_slot_that_was_anothers_counts_its_own_pictures),
		CLUSTER_TEST(heartbeats_that_cannot_be_stored_are_told_and_hold_nothing_up),
		CLUSTER_TEST(a_client_that_cannot_be_renewed_is_told_once_and_tried_again),
		CLUSTER_TEST(without_them_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
