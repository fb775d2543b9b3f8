/* Where packets that come within a connection (core/inlet.h) enter the receive stage: they get the
 * headers that UDP would have given them, and a lane takes them as it takes those of a port. They
 * are found in the stream table as what they are (PACKET_WITHIN): no packet of a port can be taken
 * for one of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/inlet.h"
#include "core/stage.h"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

/* In place of a port's number. */
#define INLET_DEVICE UINT16_MAX

/* What EAL must reserve. */
#define INLET_MEMORY_MIB 16

struct inlet {
	struct rte_mempool *buffers;
	struct rte_ring *ring[GW_LANES]; /* to each lane, the only one that takes */
};

/* Main thread. On failure too inlet_close() is to be called. */
int inlet_open(struct inlet *inlet, uint32_t lanes, struct gw_error *error);

/* Accepts one that was not opened, and gives back what is in the rings. No thread uses it. */
void inlet_close(struct inlet *inlet);

/* Copies the packet and gives it to the lane. False: there is no room, put it again later. One
 * larger than any datagram becomes one that was cut short. One thread at a time. */
bool inlet_put(struct inlet *inlet, uint32_t lane, const struct gw_packet *packet);

/* Takes up to `count` packets. The lane's thread. */
uint32_t inlet_take(struct inlet *inlet, uint32_t lane, struct rte_mbuf **packets, uint32_t count);
