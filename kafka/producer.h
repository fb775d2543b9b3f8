/* One librdkafka producer for one topic: the sink has one for results and one for sampled pictures,
 * so that large records never stand in the way of small ones.
 *
 * What was accepted waits for as long as what keeps it from being stored can pass: a topic that is
 * missing, a right that is not granted yet, brokers that are away. Most of that the client waits
 * out by itself. When it gives a record up nevertheless, or fails for good (idempotence out of
 * step, say), it is stopped: it sends nothing more, gives up all that it has, and a new client gets
 * all of it, sorted by submission, before anything newer: first the oldest alone, and the rest when
 * that one is stored. So no record overtakes an older one of its camera. Consumers may see a record
 * twice, with the same ce_id, and never miss one. Records live in memory only: what is unsent when
 * the gateway ends is lost and counted.
 *
 * A request that is refused for one record's fault (its size) fails with all its records: they are
 * sent once more, each alone, and only those that are refused again are lost and counted.
 *
 * Sink thread only, but open, state, health, describe and close.
 */
#pragma once

#include <stdbool.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/client.h"
#include "kafka/ledger.h"
#include "kafka/property_watch.h"
#include "kafka/vitals.h"
#include "sink/sink.h"

struct gw_health;

enum producer_flow {
	PRODUCER_OPEN, /* records go to the client at once, after what is still held */
	PRODUCER_STOPPED, /* the client gives up what it has: new records are held */
	PRODUCER_WAITING, /* there is no client: a new one is made at `retry_at` */
	PRODUCER_PROBING, /* the client has one record and is to show that it can store it */
};

struct producer {
	const struct gw *gw;
	struct sink *sink;
	enum sink_kind kind;
	struct vitals vitals;
	struct ledger ledger;

	struct client now;
	struct client old; /* stopped, but hangs: until the last of its records is back */
	enum producer_flow flow;
	struct entry *next; /* where what is held may begin; NULL: nothing is held */
	struct entry *probe; /* the record that the client is to store first */
	int64_t opened; /* gw_now(), the first client */
	int64_t began; /* gw_now(), `now` */
	int64_t stop_until; /* gw_now(): how long a stopped client may take to give all back */
	int64_t retry_at, probe_until; /* gw_now() */
	int64_t backoff; /* before the next client but one */
	bool proven; /* `now` has stored a record */
	uint32_t tries; /* clients since a record was stored */
	bool alone; /* the next client sends each record in a request of its own */
	int64_t alone_until; /* gw_now() */
	uint64_t most; /* bytes of a record that the client takes */
	uint64_t refused_size; /* the smallest record that the topic found too large */
	int64_t refused_until; /* gw_now(): for so long that is believed */
	rd_kafka_resp_err_t refused_for; /* what the topic said of it */
	struct property_watch watch; /* of what `now` has read */
	unsigned short random[3];
	struct client_words words;
};

/* Makes the client; brokers need not be there. `producer` is all zero before. On failure the error
 * line names the setting, and close is still needed. */
int producer_open(struct producer *producer, const struct gw *gw, struct sink *sink,
	enum sink_kind kind, struct gw_error *error);

/* As sink_ops->submit. A result is copied, a picture is kept by reference. */
enum gw_drop producer_submit(struct producer *producer, const struct sink_record *record);

/* Whether a record of so many bytes can be stored, as far as is known: the client's limit counts,
 * and the smallest one that the topic has refused lately. */
bool producer_takes(struct producer *producer, uint32_t size);

/* The largest one that it takes; after a refusal well below that one's size. */
uint32_t producer_largest(const struct producer *producer);

/* Reports what the brokers said, and sends again. Returns how much there was to do. */
uint32_t producer_poll(struct producer *producer);

/* Looks at how the producer is doing, and logs what the library has to say. */
void producer_housekeeping(struct producer *producer, int64_t now);

/* Sends batches now that would wait for more; takes some milliseconds while there are any. */
void producer_flush(struct producer *producer);

/* Gives up everything unconfirmed; does not wait. */
void producer_purge(struct producer *producer);

/* Reports what is given up until there is no more, or until `deadline` (gw_now()). What is left
 * then is never reported: producer_close() is the only call that may follow. */
void producer_settle(struct producer *producer, int64_t deadline);

/* Waits a fraction of a second at most. */
void producer_close(struct producer *producer);
