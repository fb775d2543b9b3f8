/* The receive stage's state. Private to stage.c, receive.c and describe.c. */
#pragma once

#include "core/stage.h"
#include "dataplane/capture.h"
#include "dataplane/port.h"
#include "dataplane/receiver.h"

/* A packet in pieces is put together in so much room before it is parsed. */
#define SCRATCH_SIZE 65536

struct dataplane {
	struct gw_stage *stage;
	struct receiver receiver;
	struct stream_table *table;
	uint32_t port_count;
	struct port ports[GW_INTERFACES];

	/* The burst that is being worked on; it stays when nothing may be lost and no slot is free.
	 */
	struct port *burst_port;
	uint32_t burst_next, burst_count;
	struct rte_mbuf *burst[GW_BURST];
	struct gw_frame *done[GW_BURST * ASSEMBLER_MAX_DONE];
	uint8_t scratch[SCRATCH_SIZE];

	/* Replay only. */
	struct gw_interface_config replay_interface;
	char replay_device[64];
	struct capture capture;
	uint64_t replayed, replayed_before; /* packets now, and at the last look */
	int64_t last_packet; /* gw_now() of the look that saw the last packet come */
	int64_t timestamp_unit; /* nanoseconds; 0: not known yet */
};

/* One turn: bursts from all ports. Receive thread. */
uint32_t dataplane_poll(struct gw_stage *stage);

/* Ports and memory, for the API. Any thread. */
struct json_t *dataplane_describe(struct gw_stage *stage);
