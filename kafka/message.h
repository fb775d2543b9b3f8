/* A record as a Kafka message: CloudEvents attributes in headers, and what a kind implies. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "core/drops.h"
#include "kafka/client.h"
#include "sink/sink.h"

/* CloudEvents 1.0, Kafka protocol binding, binary content mode (3.2). NULL: out of memory. */
rd_kafka_headers_t *message_headers(const struct sink_record *record);

/* What the header content-type says of results and heartbeats. */
const char *message_content_type(enum gw_record_format format);

/* The message of a new record; nothing is copied. */
struct client_message message_of(const struct sink_record *record, void *opaque);

/* The message that a client gave up, as it was handed over with the record time `time_ms`: the
 * library does not tell the time of a message that has an error. `copied`: the client had a copy of
 * its own. */
struct client_message message_again(
	const rd_kafka_message_t *given_up, bool copied, int64_t time_ms);

/* What a record of that kind is counted as when it ends with that error. */
enum gw_drop message_drop(enum sink_kind kind, rd_kafka_resp_err_t error);
