/* A network port of DPDK's, from which packets come. */
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

/* Packet buffers of a port: they take 9 KB frames in one piece. */
#define PORT_BUFFERS 4096
#define PORT_DATA_ROOM (9216 + RTE_PKTMBUF_HEADROOM)

/* What EAL must reserve for one port. */
#define PORT_MEMORY_MIB 48

/* The RTP streams of one port; more queues (RSS, flow rules) are more of these. */
struct port {
	const struct gw_interface_config *config;
	uint16_t id; /* DPDK's number */
	uint16_t queues;
	bool open;
	bool offloads_checksum;
	unsigned int checks; /* enum receiver_check, for packets that the port did not check */
	uint64_t timestamp_flag; /* set in packets that carry a time stamp; 0: the port has none */
	int timestamp_offset;
	struct rte_mempool *buffers;
	char driver[32];
};

/* Whether the device string is a PCI address. */
bool port_is_pci(const char *device);

/* Brings the port up, with one receive queue. EAL must run. On failure the port is closed and the
 * error says what to do. Main thread. */
int port_open(struct port *port, const struct gw_interface_config *config, struct gw_error *error);

/* Accepts a port that was not opened. Main thread. */
void port_close(struct port *port);
