/* One received packet on its way to a frame: parse, find the camera, RTP, RTP/JPEG, assembler; and
 * every packet counted. Knows nothing of ports, so tests and fuzzers drive the very same code. */
#pragma once

#include "dataplane/assembler.h"
#include "dataplane/stream_table.h"

/* Which checksums the receiver verifies; the others are known to be right, or nobody's concern. */
enum receiver_check {
	RECEIVER_CHECK_IP = 1,
	RECEIVER_CHECK_UDP = 2,
	/* The port found the UDP checksum wrong. */
	RECEIVER_UDP_IS_BAD = 4,
	/* A checksum that the sender left to its network card is right. */
	RECEIVER_TAKE_UNFINISHED = 8,
};

struct receiver {
	const struct stream_table *table;
	struct assembler *assembler;
	struct gw_stage_stats *stats;
};

/* Takes one packet of `size` bytes from Ethernet header on. Returns false when it could not be
 * taken yet (only when nothing may be lost): nothing was counted, put it again later. Receive
 * thread only. */
bool receiver_put(struct receiver *receiver, const uint8_t *data, uint32_t size,
	unsigned int checks, const struct arrival *arrival, struct assembler_done *done);
