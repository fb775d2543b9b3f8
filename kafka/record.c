#include "kafka/record.h"

#include <string.h>

#include "sink/writer.h"

struct kafka_record kafka_record_of(const rd_kafka_message_t *message)
{
	struct kafka_record record = {
		.key = message->key,
		.key_size = message->key_len,
		.value = message->payload,
		.size = message->len,
	};
	rd_kafka_timestamp_type_t type;
	rd_kafka_headers_t *headers;

	record.time_ms = rd_kafka_message_timestamp(message, &type);
	if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
		record.headers = headers;
	return record;
}

void kafka_record_header(
	const struct kafka_record *record, const char *name, char *text, size_t room)
{
	const void *value;
	size_t size;

	text[0] = '\0';
	if (!record->headers ||
		rd_kafka_header_get_last(record->headers, name, &value, &size) !=
			RD_KAFKA_RESP_ERR_NO_ERROR ||
		!value || size >= room || memchr(value, '\0', size))
		return;
	memcpy(text, value, size);
	text[size] = '\0';
	if (!writer_keeps(text))
		text[0] = '\0';
}
