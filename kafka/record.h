/* A record of a topic, as it comes: nothing is owned, and nothing of it is trusted. Any thread. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_record {
	const void *key, *value; /* NULL: none */
	size_t key_size, size;
	const rd_kafka_headers_t *headers; /* NULL: none */
	int64_t time_ms; /* UTC, since 1970; negative: none */
};

/* The record that a message of the library's is; it lives as long as the message. */
struct kafka_record kafka_record_of(const rd_kafka_message_t *message);

/* The last header of that name, as text of at most `room` - 1 bytes; "" when there is none, when it
 * is too long, or no text: UTF-8 without control characters. */
void kafka_record_header(
	const struct kafka_record *record, const char *name, char *text, size_t room);
