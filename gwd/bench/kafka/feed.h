/* The producing side of a bench: the gateway's own producer, as the sink has it, without the frames
 * before it. */
#pragma once

#include "core/config/config.h"
#include "core/error.h"
#include "gwd/bench/kafka/payload.h"

struct feed_outcome {
	int64_t began, ended; /* gw_now(): the first record handed over, the last one confirmed */
	double full; /* share of the time in which the producer took nothing: it had no room */
	double waited; /* ... or everything was handed over and not confirmed */
	double thread, busiest; /* processors: of who hands over, of the library's busiest thread */
	double process; /* of all of it */
	char busiest_name[16];
	double confirm_p50_ms, confirm_p99_ms; /* from the hand-over to the confirmation */
	double answer_ms, answer_p99_ms; /* of the brokers to a request; 0: not known */
};

/* Sends `messages` records to the topic in `config`, the first of which lie in its partitions in
 * turn, and waits until all are confirmed. Before them one record for each partition goes, which is
 * not measured: it finds the way. 0, or a negative errno with a line: -EINTR when the user ends it.
 */
int feed_run(struct gw_config *config, const struct payload *payload, uint32_t partitions,
	uint64_t messages, struct feed_outcome *outcome, struct gw_error *error);
