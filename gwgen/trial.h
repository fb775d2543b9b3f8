/* One trial: a crew sends at a rate for a while, and the gateway, or the port on which packets come
 * back, says what arrived. */
#pragma once

#include <stdatomic.h>

#include "gwgen/crew.h"
#include "gwgen/gateway.h"
#include "gwgen/output.h"

struct trial_bench {
	struct output *output;
	struct gateway *gateway; /* NULL: packets come back by the output */
	const atomic_bool *stop;
	uint64_t seed; /* another one in every trial */
};

struct trial {
	double rate, seconds; /* packets a second, as intended */
	double offered; /* as sent */
	double processor_s; /* seconds of a processor that the sender took */
	double slipped; /* seconds that it took longer, for the sender was late */
	uint64_t sent, unsent; /* packets: that left, and that did not */
	uint64_t received, missed, link_lost; /* by the device's ports; on the link between */
	uint64_t pictures, complete; /* that were sent whole, and that came so */
	double packet_loss, frame_loss; /* shares of what was sent */
	/* The sender did not keep the rate, so that it says nothing of the device: for it cannot,
	 * or for others had its processor. */
	bool limited, disturbed;
};

/* More than this share longer, and the trial says nothing of the device. */
#define TRIAL_SLIP 0.05
#define TRIAL_SLIP_S 0.02 /* ... that a short one may be late at least */

/* Runs it. Returns 0; -EPROTO when the counts do not add up, -ECANCELED when it was stopped,
 * another negative errno, and a line. */
int trial_run(struct trial_bench *bench, struct crew *crew, double rate, double seconds,
	struct trial *trial, struct gw_error *error);
