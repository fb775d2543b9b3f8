#include "kafka/vitals.h"

#include <jansson.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/test.h"

static struct vitals *begin(void)
{
	static struct vitals vitals;

	memset(&vitals, 0, sizeof(vitals));
	vitals_open(&vitals, "results", "b:9092", 100, 1000);
	vitals_link(&vitals, LINK_UP);
	return &vitals;
}

static void wait_since(struct vitals *vitals, uint64_t records, int64_t age)
{
	gw_counter_set(&vitals->waiting, records);
	gw_counter_set(&vitals->oldest, records > 0 ? (uint64_t)(gw_now() - age) : 0);
}

static struct vitals_sum alone(struct vitals *vitals)
{
	struct vitals_sum sum = {0};

	vitals_add(&sum, vitals);
	return sum;
}

static enum vitals_state state_of(struct vitals *vitals)
{
	const struct vitals_sum sum = alone(vitals);

	return vitals_state(&sum);
}

static void assert_trouble_of(const struct vitals_sum *sum, const char *id, const char *words)
{
	static struct gw_health health;

	health.count = 0;
	vitals_health(sum, &health);
	if (!id) {
		assert_int_equal(health.count, 0);
		return;
	}
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, id);
	if (!strstr(health.trouble[0].text, words))
		fail_msg("%s", health.trouble[0].text);
}

static void assert_trouble(struct vitals *vitals, const char *id, const char *words)
{
	const struct vitals_sum sum = alone(vitals);

	assert_trouble_of(&sum, id, words);
}

static void a_connection_alone_is_up_while_nothing_waits(void **state)
{
	struct vitals *vitals = begin();

	assert_int_equal(state_of(vitals), VITALS_UP);
	wait_since(vitals, 3, GW_NS_PER_S);
	assert_int_equal(state_of(vitals), VITALS_UP);
	assert_trouble(vitals, NULL, "");
	vitals_close(vitals);
}

static void a_record_that_waits_too_long_is_not_up(void **state)
{
	struct vitals *vitals = begin();

	wait_since(vitals, 3, 12300 * GW_NS_PER_MS);
	assert_int_equal(state_of(vitals), VITALS_STALLED);
	assert_trouble(vitals, "kafka.results.unconfirmed",
		"3 records wait, the oldest for 12.3 s: a broker is connected and does not");
	vitals_code(vitals, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC);
	assert_trouble(vitals, "kafka.results.unconfirmed", "create the topic results");
	wait_since(vitals, 0, 0);
	assert_int_equal(state_of(vitals), VITALS_UP);
	assert_trouble(vitals, NULL, "");
	vitals_close(vitals);
}

static void without_brokers_it_is_down_and_says_why(void **state)
{
	struct vitals *vitals = begin();

	vitals_text(vitals, "Connection refused");
	vitals_link(vitals, LINK_DOWN);
	wait_since(vitals, 2, 20 * GW_NS_PER_S);
	assert_string_equal(vitals_state_name(state_of(vitals)), "down");
	assert_trouble(vitals, "kafka.results.down",
		"no broker of b:9092 is connected, 2 records wait: Connection refused: check "
		"kafka.brokers, the network and the broker's log");
	vitals_close(vitals);
}

/* A customer's, and one that is longer than any text may be. */
static void what_is_too_long_to_tell_loses_whole_words_and_keeps_its_end(void **state)
{
	static const char brokers[] = "kafka-a.plant.example:9092,kafka-b.plant.example:9092,"
				      "kafka-c.plant.example:9092";
	struct vitals *vitals = begin();
	char text[VITALS_ERROR] = "";

	vitals->most_records = 1000000;
	vitals_link(vitals, LINK_DOWN);
	wait_since(vitals, 100000, 20 * GW_NS_PER_S);
	vitals_text(vitals,
		"kafka-a.plant.example:9092/bootstrap: Connect to "
		"ipv4#192.168.100.200:9092 failed: Connection refused (after 0ms in "
		"state CONNECT, 30 identical error(s) suppressed)");
	assert_trouble(vitals, "kafka.results.down",
		"100000 records wait: ... Connect to ipv4#192.168.100.200:9092 failed: Connection "
		"refused "
		"(after 0ms in state CONNECT, 30 identical error(s) suppressed): check "
		"kafka.brokers, the network and the broker's log");
	vitals->brokers = brokers;
	assert_trouble(vitals, "kafka.results.down",
		"no broker of ... kafka-b.plant.example:9092,kafka-c.plant.example:9092 is "
		"connected, 100000 records wait: ... ");
	assert_trouble(vitals, "kafka.results.down",
		"suppressed): check kafka.brokers, the "
		"network and the broker's log");
	memset(text, 'x', sizeof(text) - 1);
	vitals_text(vitals, text);
	assert_trouble(vitals, "kafka.results.down",
		"x: check kafka.brokers, the network and the "
		"broker's log");
	vitals_link(vitals, LINK_UP);
	memcpy(text + sizeof(text) - sizeof(" the end"), " the end", sizeof(" the end"));
	vitals_text(vitals, text);
	assert_trouble(vitals, "kafka.results.unconfirmed", " s: ... the end");
	memcpy(text + sizeof(text) - sizeof(", the end"), ", the end", sizeof(", the end"));
	vitals_text(vitals, text);
	assert_trouble(vitals, "kafka.results.unconfirmed", " s: ... the end");
	vitals_close(vitals);
}

/* Wherever the cut falls, it is between two characters. */
static void what_is_cut_stays_text(void **state)
{
	struct vitals *vitals = begin();

	wait_since(vitals, 1, 20 * GW_NS_PER_S);
	for (size_t at_end = 0; at_end < 3; at_end++) {
		char text[VITALS_ERROR] = "";

		for (size_t i = 0; i < 150; i++)
			strcat(text, "\u20ac");
		memset(text + strlen(text), 'x', at_end);
		vitals_text(vitals, text);
		assert_trouble(vitals, "kafka.results.unconfirmed", " s: ... \u20ac");
	}
	vitals_close(vitals);
}

static void refusals_count_for_as_long_as_they_are_recent(void **state)
{
	struct vitals *vitals = begin();
	int64_t now = GW_NS_PER_S;

	vitals_tick(vitals, now);
	for (int i = 0; i < 3; i++)
		vitals_delivered(vitals, 1);
	vitals_refused(vitals, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	vitals_tick(vitals, now += GW_NS_PER_S);
	assert_int_equal(state_of(vitals), VITALS_UP);
	assert_trouble(vitals, "kafka.results.refused",
		"25 % of the records of the last 10 s were refused: MSG_SIZE_TOO_LARGE: raise");
	for (int i = 0; i < 2; i++)
		vitals_refused(vitals, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	vitals_tick(vitals, now += GW_NS_PER_S);
	assert_int_equal(state_of(vitals), VITALS_REFUSING);
	for (int i = 0; i < VITALS_LATELY + 1; i++)
		vitals_tick(vitals, now += GW_NS_PER_S);
	assert_int_equal(state_of(vitals), VITALS_UP);
	assert_trouble(vitals, NULL, "");
	vitals_close(vitals);
}

static void a_queue_that_fills_is_told_before_it_is_full(void **state)
{
	struct vitals *vitals = begin();

	wait_since(vitals, 79, 0);
	assert_trouble(vitals, NULL, "");
	gw_counter_set(&vitals->waiting_bytes, 900);
	assert_trouble(vitals, "kafka.results.queue", "90 % full with 79 records");
	const struct vitals_sum sum = alone(vitals);
	json_t *facts = vitals_describe(&sum);

	assert_true(json_number_value(json_object_get(facts, "queue_fill")) > 0.89);
	json_decref(facts);
	vitals_close(vitals);
}

/* Two lanes of one topic: what is told is of both. */
static void several_lanes_are_told_of_in_one(void **state)
{
	struct vitals lanes[2] = {0};
	struct vitals_sum sum = {0};

	for (int i = 0; i < 2; i++) {
		vitals_open(&lanes[i], "results", "b:9092", 100, 1000);
		vitals_link(&lanes[i], LINK_UP);
	}
	vitals_tick(&lanes[0], GW_NS_PER_S);
	vitals_tick(&lanes[1], GW_NS_PER_S);
	wait_since(&lanes[0], 35, 7 * GW_NS_PER_S);
	wait_since(&lanes[1], 18, 9 * GW_NS_PER_S);
	vitals_text(&lanes[1], "the older error");
	vitals_text(&lanes[0], "the newer error");
	gw_counter_add(&lanes[0].replaced, 1);
	gw_counter_add(&lanes[1].replaced, 2);
	vitals_delivered(&lanes[0], 10);
	vitals_delivered(&lanes[1], 20);
	vitals_tick(&lanes[0], 2 * GW_NS_PER_S);
	vitals_tick(&lanes[1], 2 * GW_NS_PER_S);
	vitals_add(&sum, &lanes[0]);
	vitals_add(&sum, &lanes[1]);
	assert_int_equal(vitals_state(&sum), VITALS_STALLED);
	/* What the lane with the oldest one met. */
	assert_trouble_of(&sum, "kafka.results.unconfirmed",
		"53 records wait, the oldest for 9.0 s: the older error");
	json_t *facts = vitals_describe(&sum);

	assert_int_equal(json_integer_value(json_object_get(facts, "queued")), 53);
	assert_int_equal(json_integer_value(json_object_get(facts, "delivered")), 2);
	assert_int_equal(json_integer_value(json_object_get(facts, "bytes")), 30);
	assert_int_equal(json_integer_value(json_object_get(facts, "oldest_ms")) / 100, 90);
	assert_int_equal(json_integer_value(json_object_get(facts, "replaced")), 3);
	assert_string_equal(
		json_string_value(json_object_get(facts, "last_error")), "the newer error");
	/* That of the lane that will be full first. */
	assert_true(json_real_value(json_object_get(facts, "queue_fill")) > 0.34);
	assert_true(json_real_value(json_object_get(facts, "queue_fill")) < 0.36);
	json_decref(facts);
	/* One that has no broker is enough, and all that waits is told. */
	vitals_link(&lanes[0], LINK_DOWN);
	sum = alone(&lanes[0]);
	vitals_add(&sum, &lanes[1]);
	assert_trouble_of(&sum, "kafka.results.down", "53 records wait");
	vitals_close(&lanes[0]);
	vitals_close(&lanes[1]);
}

static void open_two(struct vitals lanes[2])
{
	for (int i = 0; i < 2; i++) {
		vitals_open(&lanes[i], "results", "b:9092", 100, 1000);
		vitals_link(&lanes[i], LINK_UP);
		vitals_tick(&lanes[i], GW_NS_PER_S);
	}
}

static struct vitals_sum both(struct vitals lanes[2], int first)
{
	struct vitals_sum sum = alone(&lanes[first]);

	vitals_add(&sum, &lanes[!first]);
	return sum;
}

/* One has lost its brokers, the other met later what has nothing to do with that. */
static void what_one_lane_met_does_not_explain_the_trouble_of_another(void **state)
{
	struct vitals lanes[2] = {0};

	open_two(lanes);
	vitals_text(&lanes[0], "b:9092: Connection refused");
	vitals_link(&lanes[0], LINK_DOWN);
	wait_since(&lanes[0], 40, 9 * GW_NS_PER_S);
	wait_since(&lanes[1], 1, 6 * GW_NS_PER_S);
	vitals_refused(&lanes[1], RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	for (int first = 0; first < 2; first++) {
		const struct vitals_sum sum = both(lanes, first);

		assert_trouble_of(&sum, "kafka.results.down",
			"41 records wait: b:9092: Connection refused: check");
	}
	/* Connected again, it still waits, and nothing new has told why. */
	vitals_link(&lanes[0], LINK_UP);
	for (int first = 0; first < 2; first++) {
		const struct vitals_sum sum = both(lanes, first);

		assert_trouble_of(&sum, "kafka.results.unconfirmed",
			"the oldest for 9.0 s: b:9092: Connection refused");
	}
	vitals_close(&lanes[0]);
	vitals_close(&lanes[1]);
}

/* The other refused something, too, but long ago. */
static void refusals_of_all_lanes_count_and_a_recent_one_tells_why(void **state)
{
	struct vitals lanes[2] = {0};
	int64_t now = GW_NS_PER_S;

	open_two(lanes);
	vitals_refused(&lanes[0], RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	for (int i = 0; i < 2 * VITALS_LATELY; i++)
		vitals_tick(&lanes[0], now += GW_NS_PER_S);
	vitals_refused(&lanes[1], RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	vitals_delivered(&lanes[0], 1);
	vitals_tick(&lanes[0], now += GW_NS_PER_S);
	vitals_tick(&lanes[1], now);
	for (int first = 0; first < 2; first++) {
		const struct vitals_sum sum = both(lanes, first);

		assert_trouble_of(&sum, "kafka.results.refused",
			"50 % of the records of the last 10 s were refused: MSG_SIZE_TOO_LARGE");
	}
	/* Both refuse. */
	vitals_refused(&lanes[0], RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	vitals_tick(&lanes[0], now += GW_NS_PER_S);
	for (int first = 0; first < 2; first++) {
		const struct vitals_sum sum = both(lanes, first);

		assert_trouble_of(&sum, "kafka.results.refused",
			"66.7 % of the records of the last 10 s were refused: MSG_SIZE_TOO_LARGE");
	}
	vitals_close(&lanes[0]);
	vitals_close(&lanes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_alone_is_up_while_nothing_waits),
		cmocka_unit_test(a_record_that_waits_too_long_is_not_up),
		cmocka_unit_test(without_brokers_it_is_down_and_says_why),
		cmocka_unit_test(what_is_too_long_to_tell_loses_whole_words_and_keeps_its_end),
		cmocka_unit_test(refusals_count_for_as_long_as_they_are_recent),
		cmocka_unit_test(a_queue_that_fills_is_told_before_it_is_full),
		cmocka_unit_test(what_is_cut_stays_text),
		cmocka_unit_test(several_lanes_are_told_of_in_one),
		cmocka_unit_test(what_one_lane_met_does_not_explain_the_trouble_of_another),
		cmocka_unit_test(refusals_of_all_lanes_count_and_a_recent_one_tells_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
