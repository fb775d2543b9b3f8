/* One librdkafka client for one topic, and what hangs from it. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gateway.h"
#include "sink/sink.h"

struct client {
	rd_kafka_t *handle;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *events; /* delivery reports, errors, statistics */
	rd_kafka_queue_t *logs; /* of the library */
	rd_kafka_event_t *statistics; /* the latest, not looked at yet */
};

/* A new record, or one that another client gave up. */
struct client_message {
	void *value, *key;
	size_t size, key_size;
	int flags; /* RD_KAFKA_MSG_F_... */
	int64_t time_ms; /* record time, since 1970 */
	void *opaque; /* comes back with the delivery report */
};

/* Makes a client; brokers need not be there. Starts threads that take no signals and that run on
 * any processor. On failure the error line names the setting, and *client is empty. */
int client_open(struct client *client, const struct gw *gw, enum sink_kind kind, const char *topic,
	struct gw_error *error);

/* Lets a client go, for which it waits until `deadline` (gw_now()) at most: the library waits for
 * its threads, which may sit in a name lookup for as long as the resolver takes. What is not done
 * by then ends by itself or with the process. Accepts an empty one; it is empty afterwards. What it
 * has not reported yet is never reported. Returns whether it is gone. */
bool client_close(struct client *client, int64_t deadline);

/* Hands one message over; a delivery report follows when the answer is no error. The headers belong
 * to the client afterwards in any case; NULL: none. */
rd_kafka_resp_err_t client_send(const struct client *client, const struct client_message *message,
	rd_kafka_headers_t *headers);

/* Looks at the latest statistics, if there are new ones: whether any broker is connected. */
bool client_hears_brokers(struct client *client);

/* Passes on what the library logged. */
void client_log(struct client *client, const char *topic);
