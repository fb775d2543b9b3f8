/* From the bytes of a received packet to the UDP datagram in it: Ethernet (up to two VLAN tags),
 * IPv4 or IPv6, UDP. Pure functions on untrusted bytes: every length is checked before it is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"

/* Of a flow's family: its packets came within a connection (core/inlet.h). None of the network has
 * it. */
#define PACKET_WITHIN 0x100

/* Between whom a datagram travels. Addresses in network byte order, an IPv4 address in the first
 * four bytes and the rest 0, so that two flows are equal when their bytes are. */
struct packet_flow {
	uint64_t source[2];
	uint64_t destination[2];
	uint32_t port; /* UDP destination port, host byte order */
	uint32_t family; /* AF_INET or AF_INET6; with PACKET_WITHIN */
};

/* What packet_parse() says besides drop reasons: the packet is a piece of a datagram (RFC 791;
 * RFC 8200, 4.5). ip_fragments.h puts them together. */
#define PACKET_IS_FRAGMENT ((enum gw_drop)(GW_DROP_COUNT + 1))

/* Which piece of which datagram. */
struct packet_fragment {
	uint32_t id; /* the sender's number of the datagram */
	uint16_t offset; /* bytes of the datagram before it */
	bool more; /* others follow */
	uint8_t next_header; /* IPv6: what the datagram begins with */
};

struct packet {
	struct packet_flow flow;
	const uint8_t *udp; /* the UDP header; points into the packet */
	const uint8_t *payload; /* what follows it */
	uint32_t size; /* of the payload, as the UDP header says it and the packet holds it */
	/* Of a fragment only: then the payload is the bytes of the datagram that it has, `udp` is
	 * NULL and flow.port 0. */
	struct packet_fragment fragment;
};

/* What is asked of the IPv4 header checksum. */
enum packet_ip_check {
	PACKET_IP_TRUST,
	PACKET_IP_CHECK,
	/* 0 is taken, too: a capture at the sender shows what its network card had yet to fill in.
	 */
	PACKET_IP_CHECK_UNLESS_0,
};

/* Reads the headers of one packet of `size` bytes. Returns GW_DROP_NONE or PACKET_IS_FRAGMENT with
 * *packet filled, or why the packet is none of ours. */
enum gw_drop packet_parse(
	const uint8_t *data, uint32_t size, enum packet_ip_check check, struct packet *packet);

/* Whether the UDP checksum is right (RFC 768; RFC 8200, 8.1: IPv6 must have one, IPv4 may not). */
bool packet_udp_checksum_ok(const struct packet *packet);

/* Whether the UDP checksum was left to a network card that the packet never met: kernels then leave
 * the sum of the pseudo header in its place. Such packets come over virtual links and in captures
 * of them. */
bool packet_udp_checksum_unfinished(const struct packet *packet);

static inline bool packet_flow_equal(const struct packet_flow *a, const struct packet_flow *b)
{
	return ((a->source[0] ^ b->source[0]) | (a->source[1] ^ b->source[1]) |
		       (a->destination[0] ^ b->destination[0]) |
		       (a->destination[1] ^ b->destination[1]) | (a->port ^ b->port) |
		       (a->family ^ b->family)) == 0;
}
