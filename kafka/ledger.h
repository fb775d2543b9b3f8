/* The records of one producer that were accepted and not reported yet, in the order in which they
 * were submitted: what the oldest of them is, and what has to be sent once more, in which order.
 *
 * A record is with a client, which has its bytes, or it is held here, with its bytes. One thread.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "kafka/client.h"

struct gw_frame;

struct entry {
	struct entry *before, *after;
	uint64_t order; /* grows with every record */
	int64_t since; /* gw_now() when it was submitted */
	int64_t time_ms; /* record time, since 1970 */
	uint32_t camera;
	uint64_t receipt; /* of a result's frame */
	uint64_t token; /* of the record */
	bool copied; /* its value is the client's own copy */
	size_t bytes; /* of key and value */
	struct gw_frame *frame; /* that a picture lies in; NULL: a result */

	bool held;
	struct client_message message; /* held: what to send */
	rd_kafka_headers_t *headers; /* held: its own; may be NULL */
	void *memory; /* held: of the key and a result's value */
};

struct ledger {
	struct entry *oldest, *newest;
	uint32_t count, capacity;
	uint64_t bytes, order;
	struct entry *entries, *free;
	uint32_t touched; /* entries that were used at least once: the rest is not in memory yet */
};

/* Room for `capacity` records. -ENOMEM. Close accepts one that was never opened. */
int ledger_open(struct ledger *ledger, uint32_t capacity);
void ledger_close(struct ledger *ledger);

/* Adds the newest record, with a client. NULL: no room. */
struct entry *ledger_add(struct ledger *ledger, size_t bytes, int64_t now);

/* Strikes a record out, with what is held of it. */
void ledger_remove(struct ledger *ledger, struct entry *entry);

/* Holds a record: copies the key and, but for pictures, the value. The headers belong to the entry
 * afterwards in any case. False: out of memory, and it is not held. */
bool entry_hold(
	struct entry *entry, const struct client_message *message, rd_kafka_headers_t *headers);

/* A client has it: its headers too. */
void entry_sent(struct entry *entry);
