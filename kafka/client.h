/* One librdkafka client for one topic, and what hangs from it. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/sink.h"

struct client {
	rd_kafka_t *handle;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *events; /* delivery reports, errors, statistics */
	rd_kafka_queue_t *logs; /* of the library */
	rd_kafka_event_t *statistics; /* the latest, not looked at yet */
};

/* Makes a client; brokers need not be there. Starts threads that take no signals and that run on
 * any processor. On failure the error line names the setting, and *client is empty. */
int client_open(struct client *client, const struct gw *gw, enum sink_kind kind, const char *topic,
	struct gw_error *error);

/* Accepts an empty one. What it has not reported yet is never reported. */
void client_close(struct client *client);
