/* The kernel's share of a port that DPDK owns: what is no camera's media goes to a TAP interface,
 * and what the kernel sends by that goes out of the port.
 *
 * Receive threads put packets into rings, each into its own, without a system call; one thread
 * (punt_thread.h) serves the taps of all ports. Each class of packets has its own rate, and the
 * urgent ones rings of their own, so that a flood of others does not starve them. */
#pragma once

#include <pthread.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"
#include "core/drops.h"
#include "dataplane/port.h"
#include "dataplane/punt_class.h"
#include "dataplane/tap.h"

/* Memory of EAL's for one. */
#define PUNT_MEMORY_MIB 8

/* A receive lane's; it is the only one that writes, but for the rings' other end. */
struct punt_lane {
	_Alignas(64) struct rte_ring *urgent;
	struct rte_ring *rest;
	int64_t free_at[PUNT_CLASS_COUNT]; /* gw_now() until which its rate is used up */
	struct gw_counter passed[PUNT_CLASS_COUNT];
	struct gw_counter over_rate[PUNT_CLASS_COUNT];
	struct gw_counter no_room[PUNT_CLASS_COUNT];
};

struct punt {
	struct port *port;
	struct tap tap;
	uint32_t lane_count;
	struct punt_lane lane[GW_LANES];
	struct rte_mempool *buffers; /* for what the kernel sends */

	/* Held while packets are sent by the port, and while it is opened anew: then its number
	 * changes. The receive threads do not take it. */
	pthread_mutex_t lock;
	/* The port has a link: a driver may wait for one. The control thread writes it. */
	_Atomic bool has_link;

	/* Written by the thread that serves the taps. */
	struct gw_counter refused; /* packets that the tap did not take */
	struct gw_counter sent; /* what the kernel said, and the port took */
	struct gw_counter unsent; /* ... and the port did not take, or was away */
};

/* Makes the tap and the rings of an open port whose configuration names one. On failure the error
 * says what to do, and punt_close() is to be called too. Main thread. */
int punt_open(struct punt *punt, struct port *port, uint32_t lanes, struct gw_error *error);

/* Accepts one that was not opened; gives back what is in the rings. No lane and no thread uses it
 * any more. */
void punt_close(struct punt *punt);

/* Offers a packet of the lane's that is no camera's, from its Ethernet header at `data` on. Returns
 * GW_DROP_NONE: it is the punt's; or the reason why it stays the caller's. The lane's thread. */
enum gw_drop punt_offer(struct punt *punt, uint32_t lane, struct rte_mbuf *packet,
	const uint8_t *data, uint32_t size, int64_t now);

/* Whether what was dropped for that reason is for the kernel to look at. */
static inline bool punt_wants(enum gw_drop drop)
{
	return drop == GW_DROP_NOT_IP || drop == GW_DROP_NOT_UDP || drop == GW_DROP_NO_CAMERA;
}

/* Moves what waits: from the rings to the tap, and from the tap out of the port. Returns how many
 * packets. One thread for all. */
uint32_t punt_move(struct punt *punt);

/* Makes the tap again when somebody deleted it. Control thread. */
void punt_look(struct punt *punt);

/* Around the opening of the port anew. False: the port is sending and does not come to an end, try
 * later. Control thread. */
bool punt_pause(struct punt *punt);
void punt_resume(struct punt *punt);
