/* How well a session's packets come: what of them was lost, and how evenly its pictures arrive (RFC
 * 3550, 6.4.1). The lane's thread only. Nothing here is done for every packet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/sequence.h"

/* Of so much time the share that was lost is told. */
#define RECEPTION_SPAN_NS INT64_C(5000000000)

struct reception {
	uint64_t base; /* the number before the session's first packet */
	uint64_t given_up; /* packets since then that nobody waits for any more */
	bool has_transit;
	uint32_t
		transit; /* of the last picture: when it came less when it was sent, in RTP ticks */
	uint32_t jitter; /* RTP ticks, times 16 */

	/* At the beginning of the span that runs, and what came of the one before. */
	int64_t span_began;
	uint64_t span_expected, span_lost;
	uint32_t lost_ppm;
};

/* What a receiver says of a session. */
struct reception_facts {
	uint64_t expected; /* packets that the camera sent since the first one that came */
	uint64_t lost; /* ... that did not come: copies of others do not make up for them */
	uint32_t
		highest; /* sequence number, and its rounds since the first one in the upper half */
	uint32_t jitter; /* RTP ticks */
};

/* A session begins, or its numbers anew: `sequence` was just restarted. */
void reception_begin(struct reception *reception, const struct sequence *sequence);

/* Packets were given up: sequence_mark(), sequence_skip() and sequence_flush() return how many. */
static inline void reception_give_up(struct reception *reception, uint32_t packets)
{
	reception->given_up += packets;
}

/* The first packet of a new picture came at `when`, in nanoseconds of the packets' clock, and is
 * stamped so. The packets after it, which bear the same time stamp, would tell how fast the camera
 * sends, not how evenly the network carries. */
void reception_note_picture(struct reception *reception, const struct sequence *sequence,
	uint32_t timestamp, int64_t when);

/* The RTP clock jumped: the next picture is not compared with those before. */
void reception_forget_time(struct reception *reception);

void reception_read(const struct reception *reception, const struct sequence *sequence,
	struct reception_facts *facts);
