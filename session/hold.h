/* The kernel's end of the ports that a camera sends to.
 *
 * Packets are taken where DPDK sees them. But where the kernel sees them too (net_af_packet, or a
 * tap behind the port), it answers "port unreachable" for a port that nobody has, and cameras stop
 * at that. So a socket has it: it throws everything away by a filter, before a byte is queued, and
 * is never read. It also makes the kernel choose ports that no other program uses, and join a
 * multicast group, so that switches that snoop on IGMP or MLD let it through. */
#pragma once

#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

struct hold {
	int rtp, rtcp; /* sockets; -1: none */
	struct gw_address address;
	uint16_t port; /* even; RTCP is the next one (RFC 3550, 11) */
};

#define HOLD_NONE ((struct hold){.rtp = -1, .rtcp = -1})

/* Takes a pair of ports of our `address`. Keeps the pair that there is, if it has that address.
 * Returns 0 or a negative errno with a line. */
int hold_ports(struct hold *hold, const struct gw_address *address, struct gw_error *error);

/* Joins `group` on the interface that has our `address`; takes the place of what was held. */
int hold_group(struct hold *hold, const struct gw_address *address, const struct gw_address *group,
	struct gw_error *error);

/* Lets `hold->rtp` be read after all: for who has no other way to see what comes. `port` is the one
 * that a group is sent to. Returns 0 or a negative errno with a line. */
int hold_listen(struct hold *hold, uint16_t port, struct gw_error *error);

/* Accepts that nothing is held. */
void hold_release(struct hold *hold);
