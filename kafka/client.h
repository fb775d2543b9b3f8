/* One librdkafka client for one topic, and what hangs from it. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/settings.h"
#include "sink/sink.h"

/* Without NON_BLOCKING the call waits for the library's threads, which may sit in a name lookup. */
#define CLIENT_PURGE \
	(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)

struct client {
	rd_kafka_t *handle;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *events; /* delivery reports, errors, statistics */
	rd_kafka_queue_t *logs; /* of the library */
	rd_kafka_event_t *statistics; /* the latest, not looked at yet */
	bool alone; /* it sends each record in a request of its own */
};

/* A new record, or one that was given up before. */
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
	struct settings_mode mode, struct gw_error *error);

/* A setting that is a number, as the client has it. */
uint64_t client_limit(const struct client *client, const char *name);

/* Lets a client go, for which it waits until `deadline` (gw_now()) at most: the library waits for
 * its threads, which may sit in a name lookup for as long as the resolver takes. What is not done
 * by then ends by itself or with the process. Accepts an empty one; it is empty afterwards. What it
 * has not reported yet is never reported. Returns whether it is gone. */
bool client_close(struct client *client, int64_t deadline);

/* Hands one message over; when the answer is no error a delivery report follows, and the headers
 * belong to the client; NULL: none. */
rd_kafka_resp_err_t client_send(const struct client *client, const struct client_message *message,
	rd_kafka_headers_t *headers);

/* Looks at the latest statistics, if there are new ones: whether any broker is connected. */
bool client_hears_brokers(struct client *client);

/* What the library said last, of the clients of one topic. */
struct client_words {
	char subject[96]; /* its facility and, of an offset, the partition */
	int64_t until; /* gw_now(): the same is not told again before */
	void (*heard)(void *arg, const char *facility, const char *text); /* of all; may be NULL */
	void *arg;
};

/* Passes on what the library logged: what it repeats, and with `quiet` all, as debug messages. */
void client_log(struct client *client, const char *topic, struct client_words *words, bool quiet);
