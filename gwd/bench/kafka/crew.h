/* The consumers of a cell: starts them, sets them off, and waits for them. */
#pragma once

#include <sys/types.h>

#include "gwd/bench/kafka/board.h"

struct crew {
	struct board *board;
	int file; /* behind the board */
	pid_t reader[PLAN_READERS];
	uint32_t count;
	int64_t went; /* gw_now() of crew_go() */
};

/* What all of them did. */
struct crew_outcome {
	int64_t ended; /* gw_now() of the last record of all */
	uint64_t messages, bytes;
	double process, busiest; /* of the busiest reader and of its busiest thread: processors */
	double starved; /* share of the time in which the busiest reader had nothing to take */
};

/* Starts `readers` on a topic of `messages` records, the first of which lie in the partitions in
 * turn, and waits until they are connected. crew_close() must follow in any case. 0 or a negative
 * errno with a line, -EINTR when the user ends it. */
int crew_open(struct crew *crew, const struct plan *plan, const char *topic,
	const struct plan_cell *cell, uint64_t messages, struct gw_error *error);

/* They read from now on. */
void crew_go(struct crew *crew);

/* Records that all of them have taken so far. */
uint64_t crew_messages(const struct crew *crew);

/* Waits for them. As crew_open(). */
int crew_wait(struct crew *crew, struct crew_outcome *outcome, struct gw_error *error);

/* Ends those that still run. */
void crew_close(struct crew *crew);
