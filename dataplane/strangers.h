/* Who sends what is refused: packets to a camera's address from somewhere else, of another RTP
 * session or payload type, or for nobody. A bounded table of each lane.
 *
 * One lane writes, any thread reads; neither waits for the other. In a flood only so many packets
 * are looked at in a while, so that refusing stays cheap: counts are of those. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"
#include "dataplane/packet.h"
#include "dataplane/stream_table.h"

#define STRANGERS_MOST 128

/* Packets that are looked up between two ticks, beside those of the same sender as the last. */
#define STRANGERS_BUDGET 256

/* One sender, and why its packets are refused. */
struct stranger {
	struct packet_flow flow;
	uint32_t camera; /* whose packets they might be; STREAM_NO_CAMERA: nobody's */
	uint32_t ssrc; /* of the first one, if it looks like RTP */
	uint16_t source_port;
	uint8_t reason; /* enum gw_drop */
	uint8_t payload_type; /* as the SSRC */
	bool is_rtp;
	uint64_t packets;
	int64_t first, last; /* gw_now() */
};

struct strangers;

/* NULL when out of memory. */
struct strangers *strangers_create(void);
void strangers_destroy(struct strangers *strangers);

/* Whether senders of packets that are dropped for that reason are noted. */
static inline bool strangers_want(enum gw_drop reason)
{
	return reason == GW_DROP_BAD_SOURCE || reason == GW_DROP_NO_CAMERA ||
		reason == GW_DROP_BAD_SSRC || reason == GW_DROP_RTP_PAYLOAD ||
		reason == GW_DROP_RTP_STRAY;
}

/* Notes one packet, whose headers down to UDP were read. A new sender takes the place of one that
 * sent less. The lane's thread. */
void strangers_note(struct strangers *strangers, enum gw_drop reason, uint32_t camera,
	const struct packet *packet, int64_t now);

/* The next while begins. The lane's thread, from its housekeeping. */
void strangers_tick(struct strangers *strangers);

/* Copies what is known, at most STRANGERS_MOST; returns how many. Any thread. */
uint32_t strangers_read(const struct strangers *strangers, struct stranger *found);

/* Packets that were not looked at, and senders that gave way to others. Any thread. */
void strangers_missed(const struct strangers *strangers, uint64_t *packets, uint64_t *senders);

/* Whether both are the same sender, refused for the same reason. */
bool strangers_same(const struct stranger *a, const struct stranger *b);
