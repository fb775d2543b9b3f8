/* Heartbeats: small records, one for each camera and one for the gateway every so many seconds, so
 * that who reads the results can tell a camera that is silent from one that sees nothing, and a
 * gateway that is away from both.
 *
 * They wait for brokers that are away for half a minute and no longer: they are news. In no
 * equation, and never in the spool. The housekeeping of the sink's first lane, but where something
 * else is said.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/error.h"
#include "core/gateway.h"
#include "kafka/client.h"
#include "kafka/heartbeat_record.h"
#include "kafka/property_watch.h"

struct gw_health;
struct json_t;

struct heartbeats {
	const struct gw *gw; /* NULL: none are wanted */
	struct client client;
	struct client_words words;
	struct property_watch watch; /* of what `client` has read */
	uint64_t refused; /* watch.seen that no client could be made of, which was told */
	uint32_t waiting; /* records that `client` has not reported yet */
	char *source; /* the CloudEvents source of the gateway's own */
	uint64_t *frames; /* of each slot: the next number as of its last heartbeat */
	int64_t next; /* gw_now(): when the next round begins */
	uint64_t round;
	uint32_t camera; /* the next one of the round that is under way */
	bool under_way;
	uint32_t states[HEARTBEAT_STATES]; /* cameras of this round */

	struct gw_counter delivered, lost; /* any thread reads */
	_Atomic int error; /* rd_kafka_resp_err_t of the last one; 0: it was stored. The same. */
};

/* Makes the client when the configuration asks for heartbeats; brokers need not be there. All zero
 * before. On failure one line, and close is still needed. Main thread. */
int heartbeats_open(struct heartbeats *heartbeats, const struct gw *gw, struct gw_error *error);

/* Sends what is due at `now` (gw_now()), some of a round at a time, and counts what became of
 * earlier ones. */
void heartbeats_step(struct heartbeats *heartbeats, int64_t now);

/* Any thread. */
void heartbeats_health(const struct heartbeats *heartbeats, struct gw_health *health);
/* A new object; NULL: there are none. Any thread. */
struct json_t *heartbeats_describe(const struct heartbeats *heartbeats);

/* Waits a fraction of a second at most. Main thread. */
void heartbeats_close(struct heartbeats *heartbeats);
