/* How the producers of a topic are doing, one per lane of the sink: what each counts, what went
 * wrong last, and what follows from all of them together. Up means that records are confirmed, not
 * that there is a connection.
 *
 * A lane's thread writes its own, with plain stores; any thread reads.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdint.h>

#include "core/counter.h"

/* What the library words has at most that size. */
#define VITALS_ERROR 512
/* Seconds that "lately" means. */
#define VITALS_LATELY 10

struct gw_health;
struct json_t;

/* Of several, the last one here counts. */
enum vitals_link { LINK_CONNECTING, LINK_UP, LINK_DOWN };

enum vitals_state {
	VITALS_CONNECTING, /* no broker has answered yet, and it is early */
	VITALS_UP, /* records are confirmed, or none waits and a broker is connected */
	VITALS_STALLED, /* a broker is connected and the oldest record waits for too long */
	VITALS_REFUSING, /* half of the records or more were refused lately */
	VITALS_DOWN, /* no broker is connected */
};

struct vitals {
	/* Read-only after open. */
	const char *topic, *brokers;
	uint64_t most_records, most_bytes; /* that may wait */

	_Atomic int link; /* enum vitals_link */
	struct gw_counter waiting, waiting_bytes; /* gauges */
	struct gw_counter delivered, bytes; /* confirmed */
	struct gw_counter refused; /* given up: not taken, refused for good, unsent at the end */
	struct gw_counter replaced; /* clients */
	struct gw_counter oldest; /* gw_now() when the oldest that waits was submitted; 0: none */
	struct gw_counter recent_delivered, recent_refused; /* gauges: lately */
	_Atomic int refused_code; /* rd_kafka_resp_err_t of the latest refusal */
	_Atomic int last_code; /* the latest error, or 0: what was wrong is in `last_error` */
	struct gw_counter last_at; /* gw_now() of it; 0: none yet */
	pthread_mutex_t lock; /* of last_error */
	char last_error[VITALS_ERROR];

	/* Sink thread only. */
	struct {
		uint64_t delivered, refused;
	} history[VITALS_LATELY + 1]; /* a look a second */
	uint32_t looks;
	int64_t next_look;
};

/* `vitals` is all zero before. The words stay the caller's. */
void vitals_open(struct vitals *vitals, const char *topic, const char *brokers,
	uint64_t most_records, uint64_t most_bytes);
void vitals_close(struct vitals *vitals);

/* Sink thread. The code is for what may go wrong with every record: whoever asks words it. The text
 * is for what the library words itself, now and then: takes a lock. */
void vitals_code(struct vitals *vitals, rd_kafka_resp_err_t code);
void vitals_text(struct vitals *vitals, const char *text);
void vitals_link(struct vitals *vitals, enum vitals_link link);
void vitals_delivered(struct vitals *vitals, uint64_t bytes);
void vitals_refused(struct vitals *vitals, rd_kafka_resp_err_t code);

/* Sink thread, in housekeeping: what happened lately. */
void vitals_tick(struct vitals *vitals, int64_t now);

/* What went wrong, as struct vitals has it. */
struct vitals_error {
	rd_kafka_resp_err_t code;
	int64_t at; /* gw_now(); 0: nothing did yet */
	char text[VITALS_ERROR];
};

/* A topic's, of all lanes. All zero at first. */
struct vitals_sum {
	const char *topic, *brokers;
	enum vitals_link link;
	uint64_t waiting, delivered, bytes, refused, replaced;
	uint64_t recent_delivered, recent_refused;
	int64_t oldest; /* gw_now() when the oldest of all was submitted; 0: none waits */
	double fill; /* of the lane that has the least room left: it is the first to take no more */
	rd_kafka_resp_err_t refused_code; /* of a recent refusal */
	/* The latest of all lanes, of those that have no broker, and of the one that has the
	 * oldest record: what one lane met explains no other's trouble. */
	struct vitals_error last, last_down, last_waiting;
};

/* Any thread: adds a lane. Takes a lock. */
void vitals_add(struct vitals_sum *sum, struct vitals *vitals);

/* Any thread. The name is that of the API. */
enum vitals_state vitals_state(const struct vitals_sum *sum);
const char *vitals_state_name(enum vitals_state state);

/* Any thread: adds what keeps records from being delivered. */
void vitals_health(const struct vitals_sum *sum, struct gw_health *health);

/* Any thread. A new JSON object. */
struct json_t *vitals_describe(const struct vitals_sum *sum);
