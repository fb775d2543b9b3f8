/* Heartbeats: small records, one for each camera and one for the gateway every so many seconds, so
 * that who reads the results can tell a camera that is silent from one that sees nothing, and a
 * gateway that is away from both.
 *
 * They are news (kafka/news.h). The housekeeping of the sink's first lane, but where something else
 * is said.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gateway.h"
#include "kafka/heartbeat_record.h"
#include "kafka/news.h"

struct heartbeats {
	struct news news;
	uint64_t *frames; /* of each slot: the next number as of its last heartbeat */
	int64_t next; /* gw_now(): when the next round begins */
	uint64_t round;
	uint32_t camera; /* the next one of the round that is under way */
	bool under_way;
	uint32_t states[HEARTBEAT_STATES]; /* cameras of this round */
};

/* Makes the client when the configuration asks for heartbeats; brokers need not be there. All zero
 * before. On failure one line, and close is still needed. Main thread. */
int heartbeats_open(struct heartbeats *heartbeats, const struct gw *gw, struct gw_error *error);

/* Sends what is due at `now` (gw_now()), some of a round at a time, and counts what became of
 * earlier ones. */
void heartbeats_step(struct heartbeats *heartbeats, int64_t now);

/* Waits a fraction of a second at most. Main thread. */
void heartbeats_close(struct heartbeats *heartbeats);
