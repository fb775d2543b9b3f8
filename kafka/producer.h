/* One librdkafka producer for one topic: the sink has one for results and one for sampled pictures,
 * so that large records never stand in the way of small ones.
 *
 * A producer can fail for good at any time (idempotence out of step, say). Then a new one takes its
 * place and everything that the old one had not been told to be stored is sent again, in its order:
 * consumers may see a record twice, with the same ce_id, and never miss one. Records live in memory
 * only: what is unsent when the gateway ends is lost and counted.
 *
 * Sink thread only, but open, describe and close.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/client.h"
#include "sink/sink.h"

#define PRODUCER_ERROR 256

enum producer_state { PRODUCER_CONNECTING, PRODUCER_UP, PRODUCER_DOWN };

struct producer {
	const struct gw *gw;
	struct sink *sink;
	enum sink_kind kind;
	const char *topic_name;

	struct client now;
	struct client old; /* failed for good, until the last of its records went over to `now` */
	int64_t order_until; /* gw_now(): how long new records wait for those of `old` */
	int64_t retry_at; /* gw_now(): when a replacement may be tried again */
	int64_t opened; /* gw_now() */

	enum producer_state logged;
	uint64_t refused_logged;
	int64_t refused_logged_at; /* gw_now(): refusals are told of once in a while */

	/* The sink's thread writes, the API reads. */
	_Atomic int state; /* enum producer_state */
	struct gw_counter waiting, delivered, refused, bytes, replaced;
	_Atomic int last_code; /* rd_kafka_resp_err_t, or 0: what was wrong is in `last_error` */
	pthread_mutex_t lock; /* of last_error */
	char last_error[PRODUCER_ERROR];
};

/* Makes the client; brokers need not be there. `producer` is all zero before. On failure the error
 * line names the setting, and close is still needed. */
int producer_open(struct producer *producer, const struct gw *gw, struct sink *sink,
	enum sink_kind kind, struct gw_error *error);

/* As sink_ops->submit. A result is copied, a picture is kept by reference. */
enum gw_drop producer_submit(struct producer *producer, const struct sink_record *record);

/* Reports what the brokers said. Returns how many events there were. */
uint32_t producer_poll(struct producer *producer);

/* Logs changes of state and what the library has to say. */
void producer_housekeeping(struct producer *producer, int64_t now);

/* Sends batches now that would wait for more; takes some milliseconds while there are any. */
void producer_flush(struct producer *producer);

/* Gives up everything unconfirmed; does not wait. */
void producer_purge(struct producer *producer);

/* Reports what is given up until there is no more, or until `deadline` (gw_now()). What is left
 * then is never reported: producer_close() is the only call that may follow. */
void producer_settle(struct producer *producer, int64_t deadline);

/* "up", "down" or "connecting". Any thread. */
const char *producer_state_name(const struct producer *producer);

/* A new JSON object. Any thread. */
struct json_t *producer_describe(struct producer *producer);

/* Waits a fraction of a second at most. */
void producer_close(struct producer *producer);
