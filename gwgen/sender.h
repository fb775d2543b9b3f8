/* Sends traffic to an output: each packet when it is due. One thread. */
#pragma once

#include <stdatomic.h>

#include "gwgen/output.h"
#include "gwgen/traffic.h"

/* A packet that is later than this does not go any more: the pace counts, not the backlog. */
#define SENDER_PATIENCE_NS 10000000
/* Later than this, and all that follows comes later too. */
#define SENDER_SLIP_NS 1000000

struct sender_counts {
	uint64_t not_taken; /* packets that the driver did not take in time */
	uint64_t too_late; /* packets that could not be made in time */
	int64_t latest_ns; /* how late a packet went at most */
	int64_t processor_ns; /* that it took of a processor */
	int64_t slipped_ns; /* by how much longer it took than planned */
	int64_t begin_ns, end_ns; /* when the first and the last one were due */
};

struct sender {
	struct traffic *traffic;
	struct output *output;
	bool slips; /* who is late goes on from there, and leaves nothing out */
	const atomic_bool *stop; /* set by a signal handler; NULL: nobody stops it */
	/* Called ten times a second, from the sending thread; NULL: nobody wants to know. */
	void (*progress)(void *arg, const struct sender *sender, int64_t now);
	void *progress_arg;
	struct sender_counts counts;
};

/* Sends everything. The traffic's clock is gw_now() where the output sends in time. Returns 0, or a
 * negative errno when the output failed. */
int sender_run(struct sender *sender);
