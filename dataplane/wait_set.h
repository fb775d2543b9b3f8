/* What a receive lane waits for: the sockets of its ports' drivers, and its bell. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "dataplane/packet_sockets.h"

struct gw_bell;
struct port;

struct wait_set {
	uint32_t count;
	struct pollfd fds[1 + PACKET_SOCKETS]; /* the bell's first */
	bool blind; /* one of the ports has nothing to wait for: only the clock says when to look */
};

/* Gives the bell its descriptor, and takes it back; the second accepts one that has none. Main
 * thread. 0 or a negative errno. */
int wait_set_open(struct wait_set *set, struct gw_bell *bell);
void wait_set_close(struct gw_bell *bell);

/* The lane takes packets from no port, and from one more queue. Its thread, or before it turns. */
void wait_set_without_ports(struct wait_set *set);
void wait_set_add_queue(struct wait_set *set, const struct port *port, uint16_t queue);

/* Waits for packets or the bell, at most so long; `deaf`: for the bell alone. Returns whether there
 * is something. The lane's thread. */
bool wait_set_wait(struct wait_set *set, int64_t ns, bool deaf);
