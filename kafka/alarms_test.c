/* Alarms as records, against librdkafka's mock cluster. */
#include "kafka/alarms.h"

#include "core/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/alarm_record.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

#define WANTED "  frames: {every: 0}\n  alarms: {}\n"
#define TOPIC "framegate.alarms"

/* cam0 is silent; a second time it is well again. */
static void change(struct fixture *f, bool raised)
{
	struct gw_alarms *alarms = f->gw.alarms;
	const struct gw_alarm_patience at_once = {0};

	gw_alarms_begin(alarms, gw_now(), gw_now_utc());
	if (raised)
		gw_alarms_say(alarms, GW_ALARM_CAMERA_SILENT, "cam0", GW_DEGRADED, at_once,
			"it says \"nothing\"");
	gw_alarms_end(alarms);
}

static const char *text(const json_t *json, const char *key)
{
	const char *found = json_string_value(json_object_get(json, key));

	return found ? found : "";
}

static void each_change_is_a_record_in_its_order(void **state)
{
	struct cluster *cluster = *state;

	rd_kafka_mock_topic_create(cluster->mock, TOPIC, 3, 1);
	struct fixture *f = cluster_open_sink(cluster, WANTED);

	for (int i = 0; i < 6; i++)
		change(f, i % 2 == 0);
	cluster_turn_until_told(f, "alarms", "delivered", 6);
	struct records records = cluster_consume(cluster, TOPIC, 6);

	for (size_t i = 0; i < 6; i++) {
		const rd_kafka_message_t *message = records.messages[i];
		json_t *json =
			json_loadb(message->payload, message->len, JSON_REJECT_DUPLICATES, NULL);
		char id[96];

		assert_non_null(json);
		assert_int_equal(message->partition, records.messages[0]->partition);
		assert_int_equal(message->key_len, strlen("test gateway"));
		snprintf(id, sizeof(id), "%s/alarm/%zu", f->gw.boot_id, i + 1);
		assert_string_equal(text(json, "id"), id);
		assert_string_equal(text(json, "state"), i % 2 == 0 ? "raised" : "cleared");
		assert_string_equal(text(json, "kind"), "camera_silent");
		assert_string_equal(text(json, "sensorId"), "cam0");
		assert_string_equal(text(json, "text"), "it says \"nothing\"");
		assert_int_equal(json_integer_value(json_object_get(json, "times")), i / 2 + 1);
		json_decref(json);
	}
	records_free(&records);
	fixture_close(f, 1000);
}

static void what_is_not_stored_is_told_and_sent_again(void **state)
{
	struct cluster *cluster = *state;
	struct gw_health health = {0};

	rd_kafka_mock_topic_create(cluster->mock, TOPIC, 1, 1);
	/* Not one that the client tries again by itself. */
	rd_kafka_mock_push_request_errors(cluster->mock, 0, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	struct fixture *f = cluster_open_sink(cluster, WANTED);

	change(f, true);
	cluster_turn_until_told(f, "alarms", "lost", 1);
	sink_stage.health(f->sink->stage, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "kafka.alarms.lost");
	assert_non_null(strstr(health.trouble[0].text, "alarms are lost"));
	change(f, false);
	cluster_turn_until_told(f, "alarms", "delivered", 2);
	assert_int_equal(cluster_told(f, "alarms", "missed"), 0);
	struct records records = cluster_consume(cluster, TOPIC, 2);

	for (size_t i = 0; i < 2; i++)
		assert_non_null(memmem(records.messages[i]->payload, records.messages[i]->len,
			i == 0 ? "\"state\":\"raised\"" : "\"state\":\"cleared\"",
			strlen("\"state\":\"raised\"")));
	records_free(&records);
	health.count = 0;
	sink_stage.health(f->sink->stage, &health);
	assert_int_equal(health.count, 0);
	fixture_close(f, 1000);
}

static void without_them_nothing_is_sent(void **state)
{
	struct fixture *f = cluster_open_sink(*state, "  frames: {every: 0}\n");
	json_t *facts = sink_stage.describe(f->sink->stage);

	change(f, true);
	fixture_turn(f);
	assert_null(json_object_get(facts, "alarms"));
	json_decref(facts);
	fixture_close(f, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(each_change_is_a_record_in_its_order),
		CLUSTER_TEST(what_is_not_stored_is_told_and_sent_again),
		CLUSTER_TEST(without_them_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
