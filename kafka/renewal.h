/* A producer's next client: the one that it has is stopped, gives back what it has, and another one
 * takes its place, soon or after a while, and is sent what is held (see producer.h). For
 * producer.c; sink thread only.
 */
#pragma once

#include "kafka/producer.h"

/* A client as the producer's history asks for. Returns as client_open(). */
int renewal_client(struct producer *producer, struct client *client, struct gw_error *error);

/* The client sends nothing more and gives back what it has; `error` is why, unless it failed for
 * good and says so itself. */
void renewal_stop(struct producer *producer, rd_kafka_resp_err_t error);

/* The same for a client whose certificates or passwords are others by now; the next one is made at
 * once. */
void renewal_reload(struct producer *producer);

/* Goes on with a renewal, and with what is held. Returns how much there was to do. */
uint32_t renewal_step(struct producer *producer);

/* Of producer.c: a record's end, with its `bytes` when it is stored; the entry is gone afterwards.
 */
void producer_end(
	struct producer *producer, struct entry *entry, rd_kafka_resp_err_t error, uint64_t bytes);
