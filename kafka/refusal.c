#include "kafka/refusal.h"

#include <stdio.h>

enum refusal refusal_of(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return REFUSAL_FULL;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	/* Only when the user limits how long a record may wait. */
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
		return REFUSAL_STAYS;
	default:
		return REFUSAL_PASSES;
	}
}

bool refusal_is_of_size(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
		error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

void refusal_advice(rd_kafka_resp_err_t error, const char *topic, char *text, size_t size)
{
	const char *name = rd_kafka_err2name(error);

	switch (error) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		snprintf(text, size, "%s: create the topic %s or allow its auto-creation", name,
			topic);
		break;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		snprintf(text, size, "%s: grant Write and Describe on the topic %s to this user",
			name, topic);
		break;
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		snprintf(text, size, "%s: grant IdempotentWrite on the cluster to this user", name);
		break;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
		snprintf(text, size, "%s: correct the sasl.* settings in `properties`", name);
		break;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		snprintf(text, size,
			"%s: raise max.message.bytes of the topic %s or let the cameras send "
			"smaller pictures",
			name, topic);
		break;
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		snprintf(text, size,
			"%s: raise segment.bytes of the topic %s or let the cameras send smaller "
			"pictures",
			name, topic);
		break;
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
		snprintf(text, size,
			"%s: the capture time is further from the broker's time than "
			"message.timestamp.*.max.ms of the topic %s allows: set the clocks, or "
			"raise "
			"it",
			name, topic);
		break;
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		snprintf(text, size, "%s: \"%s\" cannot be the name of a topic", name, topic);
		break;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		snprintf(text, size,
			"%s: the brokers take less than the cameras send: look at their load, or "
			"raise queue.buffering.max.* in `properties`",
			name);
		break;
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
		snprintf(text, size,
			"%s: name ports of brokers in `brokers`, none of a controller; they are "
			"Apache Kafka 0.11 or newer",
			name);
		break;
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
		snprintf(text, size, "%s: message.timeout.ms in `properties` is over", name);
		break;
	default:
		snprintf(text, size, "%s: %s", name, rd_kafka_err2str(error));
	}
}
