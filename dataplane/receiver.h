/* One received packet on its way to a frame: parse, find the camera, RTP, RTP/JPEG, assembler; and
 * every packet counted. Knows nothing of ports, so tests and fuzzers drive the very same code. */
#pragma once

#include "dataplane/assembler.h"
#include "dataplane/ip_fragments.h"
#include "dataplane/packet.h"
#include "dataplane/secure.h"
#include "dataplane/strangers.h"
#include "dataplane/stream_table.h"

/* Which checksums the receiver verifies; the others are known to be right, or nobody's concern. */
enum receiver_check {
	RECEIVER_CHECK_IP = 1,
	RECEIVER_CHECK_UDP = 2,
	/* The port found the UDP checksum wrong. */
	RECEIVER_UDP_IS_BAD = 4,
	/* A checksum that the sender left to its network card is right. */
	RECEIVER_TAKE_UNFINISHED = 8,
	/* No check: the packet came within a connection. */
	RECEIVER_WITHIN = PACKET_WITHIN,
};

/* A lane's. */
struct receiver {
	const struct stream_table *table;
	struct assembler *assembler;
	struct ip_fragments *fragments;
	struct strangers *strangers;
	struct gw_lane_stats *stats;
	struct secure_room *room; /* for cameras with SRTP */
	uint32_t secure_count; /* how many of those are attached */
};

/* A packet whose headers down to UDP were read. Points into the packet. */
struct datagram {
	enum gw_drop drop; /* GW_DROP_NONE: it is a camera's; PACKET_IS_FRAGMENT: a piece of one */
	uint32_t camera; /* the first one of its flow */
	unsigned int checks;
	struct packet packet;
};

/* Reads one packet of `size` bytes from Ethernet header on. Counts nothing. */
void receiver_read(const struct receiver *receiver, const uint8_t *data, uint32_t size,
	unsigned int checks, struct datagram *datagram);

/* Takes a datagram that is a fragment, and came at `when`. False: it was put aside or dropped, and
 * needs nothing more. True: it was the last piece: *datagram is the whole one, as *whole, which
 * stays until ip_fragments_release(). `checks` is what is asked of it; nobody has checked it as a
 * whole. */
bool receiver_assemble(struct receiver *receiver, struct datagram *datagram, unsigned int checks,
	int64_t when, struct ip_datagram *whole);

/* Begins to fetch into the cache what receiver_put() will read of the datagram's camera; and, when
 * that is there, where it will most likely write. Change nothing. */
void receiver_fetch(const struct receiver *receiver, const struct datagram *datagram);
void receiver_fetch_room(const struct receiver *receiver, const struct datagram *datagram);

/* Whose the datagram is: its camera's lane must take it. STREAM_NO_CAMERA: nobody's, it is to be
 * counted where it was read. */
uint32_t receiver_camera(const struct receiver *receiver, const struct datagram *datagram);

/* Takes one datagram, no fragment, that belongs to this lane, and counts it. Cameras may have
 * changed since another lane found it to belong here: what is a camera's of another lane now is
 * nobody's. Returns false when it could not be taken yet (only when nothing may be lost): nothing
 * was counted, put it again later. */
bool receiver_put(struct receiver *receiver, const struct datagram *datagram,
	const struct arrival *arrival, struct assembler_done *done);
