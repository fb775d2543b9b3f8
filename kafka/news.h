/* Small records that are news: on a topic of their own, with a client of their own, beside what the
 * gateway is there for. They wait for brokers that are away for half a minute and no longer, are in
 * no equation, and never in the spool. The housekeeping of the sink's first lane, but where
 * something else is said.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/error.h"
#include "core/gateway.h"
#include "kafka/client.h"
#include "kafka/property_watch.h"
#include "sink/writer.h"

struct gw_health;
struct json_t;

struct news {
	const struct gw *gw; /* NULL: none are wanted */
	const char *name; /* what they are called: "heartbeats" */
	const char *topic;
	uint32_t schema_id;
	struct client client;
	struct client_words words;
	struct property_watch watch; /* of what `client` has read */
	uint64_t refused; /* watch.seen that no client could be made of, which was told */
	uint32_t waiting; /* records that `client` has not reported yet */
	char *source; /* the CloudEvents source of the gateway's own */

	struct gw_counter delivered, lost; /* any thread reads */
	_Atomic int error; /* rd_kafka_resp_err_t of the last one; 0: it was stored. The same. */
};

/* One record. */
struct news_record {
	const char *id, *key, *source, *type;
	int64_t utc_ns;
	const char *value;
	size_t size;
	bool cut; /* it did not fit: it is lost */
};

/* Makes the client; brokers need not be there. All zero before. On failure one line, and close is
 * still needed. Main thread. */
int news_open(struct news *news, const struct gw *gw, const char *name, const char *topic,
	uint32_t schema_id, struct gw_error *error);

/* What stands before a value, where the configuration wants something to. */
void news_begin_value(const struct news *news, struct writer *writer);

/* Hands one over, or counts it as lost. */
void news_send(struct news *news, const struct news_record *record);

/* Counts what became of earlier ones, and makes a new client when the files of the properties have
 * changed. */
void news_step(struct news *news, int64_t now);

/* Any thread. */
void news_health(const struct news *news, struct gw_health *health);
/* A new object; NULL: there are none. Any thread. */
struct json_t *news_describe(const struct news *news);

/* Waits a fraction of a second at most. Main thread. */
void news_close(struct news *news);
