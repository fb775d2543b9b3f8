/* Datagrams that came in pieces (RFC 791, RFC 8200 4.5), put together within limits.
 *
 * Bytes are copied to their place, so that nobody's packet buffers wait for a piece that never
 * comes. A lane's; one thread only. No allocation after creation. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/stats.h"
#include "dataplane/packet.h"

/* Datagrams that may be incomplete at a time, and of these from one address to another. One more
 * takes the place of the one whose latest piece is the oldest. */
#define IP_FRAGMENTS_MOST 128
#define IP_FRAGMENTS_OF_PAIR 32

/* From the first piece to the last. */
#define IP_FRAGMENTS_AGE_NS GW_NS_PER_S

/* A datagram as it would have come in one piece: an Ethernet header without addresses, which
 * whoever has a piece may fill in, an IP header without options and checksum, and all of its bytes.
 */
struct ip_datagram {
	uint8_t *data;
	uint32_t size;
};

struct ip_fragments;

/* `unmatched` counts the pieces that are dropped, as packets. They belong to no camera: only the
 * first one knows a port. Pieces of a datagram that becomes whole are not counted: it is one
 * packet. NULL when out of memory. */
struct ip_fragments *ip_fragments_create(struct gw_camera_stats *unmatched);
void ip_fragments_destroy(struct ip_fragments *fragments);

/* Takes one piece that came at `when`. True: it was the last one, and *whole is the datagram, until
 * ip_fragments_release(). The same piece once more, before that, gives the same. */
bool ip_fragments_put(struct ip_fragments *fragments, const struct packet *piece, int64_t when,
	struct ip_datagram *whole);

/* The whole datagram is not needed any more. Does nothing when there is none. */
void ip_fragments_release(struct ip_fragments *fragments);

/* Gives up datagrams whose first piece is too old; with `all` every one that is not whole. */
void ip_fragments_expire(struct ip_fragments *fragments, int64_t now, bool all);

/* How many are incomplete. */
uint32_t ip_fragments_count(const struct ip_fragments *fragments);
