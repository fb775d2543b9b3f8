#include "kafka/refusal.h"

#include <string.h>

#include "core/test.h"

static void what_can_pass_is_no_fault_of_the_record(void **state)
{
	static const rd_kafka_resp_err_t errors[] = {
		RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
		RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
		RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
		RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
		RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
		RD_KAFKA_RESP_ERR__FATAL,
		RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
		RD_KAFKA_RESP_ERR__TIMED_OUT,
		RD_KAFKA_RESP_ERR__TRANSPORT,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_int_equal(refusal_of(errors[i]), REFUSAL_PASSES);
}

static void what_lies_in_the_record_stays(void **state)
{
	assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), REFUSAL_STAYS);
	assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE), REFUSAL_STAYS);
	assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR_INVALID_RECORD), REFUSAL_STAYS);
	assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR__QUEUE_FULL), REFUSAL_FULL);
}

static void advice_names_the_error_and_the_topic(void **state)
{
	char text[256];

	refusal_advice(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "results", text, sizeof(text));
	assert_string_equal(
		text, "_UNKNOWN_TOPIC: create the topic results or allow its auto-creation");
	refusal_advice(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "t", text, sizeof(text));
	assert_non_null(strstr(text, "TOPIC_AUTHORIZATION_FAILED: grant Write"));
	refusal_advice(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, "t", text, sizeof(text));
	assert_non_null(strstr(text, "message.timestamp.*.max.ms of the topic t"));
	refusal_advice(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "t", text, sizeof(text));
	assert_non_null(strstr(text, "NOT_ENOUGH_REPLICAS: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_pass_is_no_fault_of_the_record),
		cmocka_unit_test(what_lies_in_the_record_stays),
		cmocka_unit_test(advice_names_the_error_and_the_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
