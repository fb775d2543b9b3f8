/* What a bench and its consumers, which are processes of their own, have in common: a file in
 * memory that all of them map. */
#pragma once

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "gwd/bench/kafka/plan.h"

enum reader_state {
	READER_STARTS,
	READER_READY, /* connected: it waits for `go` */
	READER_DONE, /* it has all of its records */
	READER_FAILED, /* `error` says why */
};

/* A consumer's: it writes all but `expected`, and all but the counters before the state that says
 * so.
 */
struct reader_slot {
	_Atomic int state; /* enum reader_state */
	_Atomic uint64_t messages, bytes; /* so far */
	uint64_t expected; /* records of its partitions */
	int64_t ended; /* gw_now() of the last record */
	double process_s, busiest_s, starved_s; /* processor time; time without a record to take */
	struct gw_error error;
};

struct board {
	char brokers[1024], config[PATH_MAX]; /* as broker_config() takes them; "": NULL */
	char topic[256];
	uint32_t partitions, readers, size;
	_Atomic bool go; /* the bench writes: read from now on */
	struct reader_slot slot[PLAN_READERS];
};

/* Whether the partition is read by that reader. */
static inline bool board_reads(const struct board *board, uint32_t reader, uint32_t partition)
{
	return partition % board->readers == reader;
}
