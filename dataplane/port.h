/* A network port of DPDK's, from which packets come.
 *
 * It may be closed and opened again while the gateway runs (its interface was made anew): then its
 * number changes, and its packet buffers and its counts go on. The control thread does that while
 * no other thread receives from it (port_watch.h).
 */
#pragma once

#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "dataplane/packet_sockets.h"

/* Packet buffers of a receive queue: they take 9 KB frames in one piece. */
#define PORT_BUFFERS 4096
#define PORT_DATA_ROOM (9216 + RTE_PKTMBUF_HEADROOM)

/* The largest MTU that net_af_packet's frames can hold in such a buffer: device_ring_mtu() of the
 * largest place that we ask for. */
#define PORT_MOST_RING_FRAME (PORT_DATA_ROOM - RTE_PKTMBUF_HEADROOM)
#define PORT_MOST_MTU (PORT_MOST_RING_FRAME - 66 - 14 - 4)

/* What EAL must reserve for one receive queue. */
#define PORT_MEMORY_MIB 48

/* Since the gateway's start, however often the port was opened. */
struct port_counts {
	uint64_t packets, bytes;
	uint64_t missed; /* no room in the port's (or the kernel's) ring */
	uint64_t errors;
	uint64_t no_buffer;
};

/* What can be told of a port while it works. */
struct port_facts {
	struct port_counts counts;
	char driver[32];
	uint16_t queues;
	bool offloads_checksum;
};

struct port {
	const struct gw_interface_config *config;
	/* Written by the control thread while nobody receives; read by receive threads. */
	uint16_t id; /* DPDK's number */
	uint16_t queues; /* receive from all of them: 0 .. queues - 1; none while it is closed */
	bool open;
	bool offloads_checksum;
	unsigned int checks; /* enum receiver_check, for packets that the port did not check */
	uint64_t timestamp_flag; /* set in packets that carry a time stamp; 0: the port has none */
	int timestamp_offset;
	/* Of all queues. Kept until port_close(): buffers may be on their way in any thread. */
	struct rte_mempool *buffers;

	/* Control thread only. */
	uint32_t wanted_queues;
	bool probed, started;
	uint32_t interface_index; /* the kernel's, as it was opened; 0: it stands on no interface */
	uint32_t mtu_room; /* the largest MTU that its frames hold; 0: no limit of ours */
	bool sizes_frames; /* mtu_room follows the interface's MTU at the next opening */
	struct packet_sockets sockets;
	bool was_reopened; /* then the order of `sockets` may not be that of its queues */

	pthread_mutex_t
		lock; /* of what follows, of `open`, and against closing while it is asked */
	struct port_counts before; /* of earlier openings */
	uint64_t ring_lost; /* of this one: what the driver's sockets counted */
	char driver[32];
};

/* What EAL must reserve, in MiB, for a port that is to have so many receive queues. */
uint32_t port_memory_mib(const struct gw_interface_config *config, uint32_t queues);

/* Brings the port up with `queues` receive queues, or as many as it has: port->queues says how
 * many. Those that the device names itself (qpairs=, several rx_pcap=) are all opened, even when
 * they are more: packets come by all of them. Packets of one flow come by one queue.
 *
 * EAL must run. On failure the port is closed and the error says what to do. Main thread. A packet
 * buffer may be freed by any thread; only threads that DPDK knows have a cache for it. */
int port_open(struct port *port, const struct gw_interface_config *config, uint32_t queues,
	struct gw_error *error);

/* Closes the device and opens it anew, as it was configured. Nobody may receive from the port
 * meanwhile; packet buffers may be anywhere. On failure the port is not open (port->open) and this
 * may be called again. id, queues and offloads may be others afterwards. Control thread. */
int port_reopen(struct port *port, struct gw_error *error);

/* The port may be being opened again: then the answer comes after that. Any thread, from
 * port_open() to port_close(). */
void port_look(struct port *port, struct port_facts *facts);

/* Whether an Ethernet header begins with the port's own address: what comes to others comes too, by
 * a mirrored port of a switch or to a group. Any thread, as port_look(). */
bool port_is_addressed(struct port *port, const uint8_t *destination);

/* Sends one Ethernet frame by the first transmit queue; the bytes stay the caller's. False: the
 * port is not open, or took it not. Any thread, one after the other; not for receive
 * threads: it may wait for others, and some drivers make a system call. */
bool port_send(struct port *port, const uint8_t *frame, uint32_t size);

/* The same for packets that are at hand; returns how many of the first ones went. The others stay
 * the caller's. */
uint16_t port_send_burst(struct port *port, struct rte_mbuf **packets, uint16_t count);

/* Accepts a port that was not opened. No packet buffer may be in use. Main thread. */
void port_close(struct port *port);
