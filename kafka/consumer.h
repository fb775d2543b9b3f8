/* One librdkafka consumer of a group: takes the records of a topic, partition by partition, and
 * commits what came back.
 *
 * Partitions come and go while others are read (cooperative rebalances). One that is to go is given
 * a moment for what is on its way: what came back by then is committed, and what did not will be
 * read again by whoever gets the partition.
 *
 * A record is committed when its frame came back with any outcome but `shutdown`: its result was
 * delivered, or it was lost alone and counted (`sink_lost`: the brokers refused it for good;
 * `sink_failed`: it could not be written; `decode_failed` and the like). Read again it would fail
 * again, and nothing behind it would ever be committed. What the end of the gateway cuts short is
 * not committed, also where it is counted as `sink_lost`: the group is left before the sink gives
 * up.
 *
 * The source's lane only, but open, close, describe and health.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/assignment.h"
#include "kafka/client.h"
#include "kafka/hindrance.h"
#include "kafka/intake.h"
#include "kafka/property_watch.h"
#include "kafka/skips.h"

#define CONSUMER_ERROR 256
#define CONSUMER_SHOWN 64 /* partitions that are described */

struct gw_health;
struct json_t;

enum consumer_state { CONSUMER_CONNECTING, CONSUMER_UP, CONSUMER_DOWN };

/* What it tells of itself: a copy, made now and then. */
struct consumer_facts {
	enum consumer_state state;
	bool fatal, fenced;
	struct hindered hindered[HINDRANCES];
	int64_t restless, uncommitted; /* as in struct consumer */
	struct skips skips;
	struct intake_sum lately;
	uint32_t partitions, in_flight, waiting; /* waiting: partitions whose next record must */
	int64_t lag; /* records that are not committed yet, of those partitions that are known */
	bool lag_known; /* of all partitions */
	char last_error[CONSUMER_ERROR];
	struct {
		int32_t number;
		int64_t lag, committed; /* -1: not known yet */
		uint32_t in_flight;
		bool waiting;
	} partition[CONSUMER_SHOWN];
};

struct consumer {
	const struct gw *gw;
	const struct gw_source_config *config;
	struct client client;
	struct client next; /* that is to take its place, when it has left */
	int64_t renew_by; /* gw_now(): when it does at the latest */
	struct property_watch watch; /* of what `client` has read */
	uint64_t refused_files; /* of which none could be made, as was told; 0: none */
	struct assignment assignment;
	struct client_words words;

	rd_kafka_event_t *assigned; /* partitions that came, and that memory is missing for */
	rd_kafka_event_t *revoked; /* partitions that are to go */
	int64_t revoke_by; /* gw_now(): when they go at the latest */
	int64_t facts_at; /* gw_now() */
	int64_t opened;
	bool closing;

	enum consumer_state state;
	bool fatal; /* nothing is read any more ... */
	bool fenced; /* ... for another consumer has the same group.instance.id */
	bool hindered[HINDRANCES]; /* as a whole; partitions have their own */
	int64_t restless; /* gw_now() since when the group has been changing; 0: it is at rest */
	int64_t uncommitted; /* gw_now() since when no commit was taken; 0: the last one was */
	int64_t prove_at; /* gw_now() */
	int64_t rejoin_at; /* gw_now(); 0: there is no reason to */
	struct skips skips;
	struct intake intake;
	int64_t failed_at; /* gw_now(), of last_error */
	char last_error[CONSUMER_ERROR];

	/* The lane writes, others read. */
	struct gw_counter consumed, commits;
	pthread_mutex_t lock; /* of facts */
	struct consumer_facts facts;
};

/* Makes the client and joins the group; brokers need not be there. `consumer` is all zero before.
 * On failure the error line names the setting, and close is still needed. */
int consumer_open(struct consumer *consumer, const struct gw *gw, struct gw_error *error);

/* Hears what happened: partitions that come and go, commits, errors. Returns how much. */
uint32_t consumer_poll(struct consumer *consumer, int64_t now);

/* The next record of a partition, which stays its own; NULL: there is none at the moment. */
const rd_kafka_message_t *consumer_peek(struct consumer *consumer, struct partition *partition);

/* Its next record is on its way, and comes back with that receipt. */
uint64_t consumer_depart(struct consumer *consumer, struct partition *partition);

/* Its next record can be no frame: it is done with. */
void consumer_refuse(struct consumer *consumer, struct partition *partition, enum gw_drop reason);

/* What went wrong last, for those who ask, until all has been well for a while. */
void consumer_fail(struct consumer *consumer, const char *text);

/* Reads the library's statistics (its STATISTICS.md), five times a second: how the group and the
 * partitions are doing. That is also the moment to commit. */
void consumer_statistics(struct consumer *consumer, const char *statistics, int64_t now);

/* Takes the facts for those who ask. */
void consumer_look(struct consumer *consumer, int64_t now);

/* About every 10 ms: looks at how it is doing. */
void consumer_housekeeping(struct consumer *consumer, int64_t now);

/* Commits what came back and leaves the group; called again until it returns true. Nothing is
 * peeked any more. */
bool consumer_leave(struct consumer *consumer, int64_t now);

/* Any thread. */
struct json_t *consumer_describe(struct consumer *consumer);
void consumer_health(struct consumer *consumer, struct gw_health *health);

/* Waits a fraction of a second at most. */
void consumer_close(struct consumer *consumer);
