/* Every error that keeps records from being read is a trouble that says what to do. */
#include "kafka/hindrance.h"

#include <string.h>

#include "core/health.h"
#include "core/test.h"

static const struct hindrance_place place = {
	.topic = "pictures", .group = "workers", .brokers = "10.0.0.1:9092", .assigned = 4};

static void errors_that_stay_have_a_kind_and_others_have_none(void **state)
{
	assert_int_equal(
		hindrance_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), HINDRANCE_TOPIC);
	assert_int_equal(
		hindrance_of(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED), HINDRANCE_GROUP);
	assert_int_equal(hindrance_of(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION), HINDRANCE_UNKNOWN);
	assert_int_equal(hindrance_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), HINDRANCE_UNKNOWN);
	assert_int_equal(hindrance_of(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET), HINDRANCE_OFFSET);
	assert_int_equal(hindrance_of(RD_KAFKA_RESP_ERR__TRANSPORT), HINDRANCE_NONE);
	assert_int_equal(hindrance_of(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION), HINDRANCE_NONE);
}

static void all_partitions_are_a_failure_and_some_are_a_part(void **state)
{
	struct hindered hindered[HINDRANCES] = {
		[HINDRANCE_OFFSET] = {.partitions = 4, .first = 7},
		[HINDRANCE_LEADER] = {.partitions = 1, .first = 2},
		[HINDRANCE_UNKNOWN] = {.partitions = 3, .first = 5},
	};
	struct gw_health health = {0};

	hindrance_health(hindered, &place, &health);
	assert_int_equal(health.count, 3);
	assert_string_equal(health.trouble[0].id, "source.pictures.unknown_topic");
	assert_int_equal(health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(health.trouble[0].text, "3 of 4 partitions (5, for one)"));
	assert_string_equal(health.trouble[1].id, "source.pictures.offset");
	assert_int_equal(health.trouble[1].severity, GW_FAILED);
	assert_string_equal(health.trouble[2].id, "source.pictures.leader");
	assert_int_equal(health.trouble[2].severity, GW_DEGRADED);
	assert_non_null(strstr(health.trouble[2].text, "partition 2 has no leader"));
	assert_true(hindrance_stops(hindered, place.assigned));
	hindered[HINDRANCE_OFFSET].partitions = 3;
	assert_false(hindrance_stops(hindered, place.assigned));
}

static void a_right_that_is_missing_is_named(void **state)
{
	const struct hindered hindered[HINDRANCES] = {
		[HINDRANCE_TOPIC] = {.whole = true},
		[HINDRANCE_GROUP] = {.whole = true},
	};
	struct gw_health health = {0};

	hindrance_health(hindered, &place, &health);
	assert_int_equal(health.count, 2);
	assert_string_equal(health.trouble[0].id, "source.pictures.denied");
	assert_non_null(strstr(health.trouble[0].text, "grant Read and Describe on the topic"));
	assert_string_equal(health.trouble[1].id, "source.pictures.group_denied");
	assert_non_null(strstr(health.trouble[1].text, "grant Read on the group"));
	assert_int_equal(gw_health_worst(&health), GW_FAILED);
}

static void a_consumer_that_is_hindered_by_nothing_has_no_trouble(void **state)
{
	const struct hindered hindered[HINDRANCES] = {{0}};
	struct gw_health health = {0};

	hindrance_health(hindered, &place, &health);
	assert_int_equal(health.count, 0);
	assert_false(hindrance_stops(hindered, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_that_stay_have_a_kind_and_others_have_none),
		cmocka_unit_test(all_partitions_are_a_failure_and_some_are_a_part),
		cmocka_unit_test(a_right_that_is_missing_is_named),
		cmocka_unit_test(a_consumer_that_is_hindered_by_nothing_has_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
