#include "kafka/message.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "kafka/refusal.h"

/* What depends on the kind alone. */
static const struct {
	const char *type;
	int flags; /* of produce: a result is copied, a picture is not */
	enum gw_drop full, lost, too_large;
} kinds[] = {
	[SINK_RESULT] = {"com.framegate.result.v1", RD_KAFKA_MSG_F_COPY, GW_DROP_SINK_FULL,
		GW_DROP_SINK_LOST, GW_DROP_SINK_LOST},
	[SINK_SAMPLE] = {"com.framegate.frame.v1", 0, GW_DROP_SAMPLE_FULL, GW_DROP_SAMPLE_LOST,
		GW_DROP_SAMPLE_TOO_LARGE},
};

const char *message_content_type(enum gw_record_format format)
{
	return format == GW_RECORD_PROTOBUF ? "application/protobuf" : "application/json";
}

rd_kafka_headers_t *message_headers(const struct sink_record *record)
{
	static const char enhanced_type[] = "com.framegate.frame.enhanced.v1";
	const bool enhanced = record->kind == SINK_SAMPLE && record->finding != GW_NO_FINDING;
	char finding[8] = "";
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"ce_specversion", "1.0"},
		{"ce_id", record->id},
		{"ce_source", record->source},
		{"ce_type", enhanced ? enhanced_type : kinds[record->kind].type},
		{"ce_time", record->time},
		{"content-type",
			record->kind == SINK_RESULT ? message_content_type(record->format)
						    : "image/jpeg"},
		/* Extensions: which of the result's findings it is, and whether it is smaller than
		 * it came. */
		{"ce_finding", enhanced ? finding : NULL},
		{"ce_reduced", record->kind == SINK_SAMPLE && record->reduced ? "true" : NULL},
	};
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(count);

	if (enhanced)
		snprintf(finding, sizeof(finding), "%u", record->finding);
	for (size_t i = 0; headers && i < count; i++)
		if (attributes[i].value)
			rd_kafka_header_add(
				headers, attributes[i].name, -1, attributes[i].value, -1);
	return headers;
}

struct client_message message_of(const struct sink_record *record, void *opaque)
{
	return (struct client_message){
		.value = (void *)record->value,
		.size = record->size,
		.key = (void *)record->camera,
		.key_size = strlen(record->camera),
		.flags = record->copied ? RD_KAFKA_MSG_F_COPY : kinds[record->kind].flags,
		.time_ms = record->frame->capture_ns / GW_NS_PER_MS,
		.opaque = opaque,
	};
}

struct client_message message_again(
	const rd_kafka_message_t *given_up, bool copied, int64_t time_ms)
{
	return (struct client_message){
		.value = given_up->payload,
		.size = given_up->len,
		.key = given_up->key,
		.key_size = given_up->key_len,
		.flags = copied ? RD_KAFKA_MSG_F_COPY : 0,
		.time_ms = time_ms,
		.opaque = given_up->_private,
	};
}

enum gw_drop message_drop(enum sink_kind kind, rd_kafka_resp_err_t error)
{
	if (refusal_is_of_size(error))
		return kinds[kind].too_large;
	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return GW_DROP_NONE;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return kinds[kind].full;
	default:
		return kinds[kind].lost;
	}
}
