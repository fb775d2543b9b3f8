/* Whether a port still has a link, or a device at all; and when it must be opened again.
 *
 * DPDK's drivers hold on to what they opened: a network interface that is deleted and made again,
 * or moved to another namespace and back, is dead for them for ever. So somebody else looks.
 *
 * The control thread looks about every PORT_WATCH_NS:
 *
 *	if (port_watch_look(&watch, gw_now())) {
 *		(let every receive thread go of the port: none may call rte_eth_rx_burst() on it)
 *		port_watch_reopen(&watch, gw_now());
 *		(if port->open, receive again: number and queues may have changed)
 *	}
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/health.h"
#include "dataplane/port.h"

/* How often to look: a port works again within a second of its link. */
#define PORT_WATCH_NS (200 * GW_NS_PER_MS)

enum port_state {
	PORT_UP,
	PORT_DOWN, /* no link: cable, carrier, or the interface is set down */
	PORT_GONE, /* no device: unplugged, deleted, in another namespace; or not opened again yet
		    */
};

struct port_watch {
	struct port *port;
	/* Control thread only. */
	int fd; /* to ask the kernel with; -1: none */
	bool in_sysfs; /* a PCI device that can be seen to be there */
	bool was_away; /* since the port was opened */
	int64_t retry_at, retry_wait; /* after an opening that failed */
	/* Written by the control thread, read by any. */
	_Atomic int state; /* enum port_state */
	_Atomic int64_t since; /* gw_now() */
	_Atomic uint64_t reopened; /* how often */
	_Atomic uint32_t
		mtu_too_large; /* the interface's MTU when frames are cut; 0: they are not */
	struct gw_error complaint; /* why it could not be opened again, "": no reason. port->lock */
};

/* Begins to watch an open port. 0, or a negative errno. Control thread. */
int port_watch_open(struct port_watch *watch, struct port *port, struct gw_error *error);

/* Looks: a few system calls that do not block. True: open the port again. Control thread. */
bool port_watch_look(struct port_watch *watch, int64_t now);

/* Opens the port again while nobody receives from it. On failure the port stays closed, and later
 * looks ask for another try, at first at once and then up to 5 s apart. Control thread. */
int port_watch_reopen(struct port_watch *watch, int64_t now);

/* Accepts a watch that is all zero. Control thread. */
void port_watch_close(struct port_watch *watch);

/* Adds what keeps the port from receiving, with that severity. Any thread. */
void port_watch_health(
	struct port_watch *watch, enum gw_severity severity, struct gw_health *health);

/* "up", "down", "gone". */
const char *port_state_name(enum port_state state);
