/* The receive stage: what its lanes share, and what each has. Private to stage.c, burst.c,
 * cameras.c, describe.c and reporter.c. */
#pragma once

#include "core/stage.h"
#include "dataplane/capture.h"
#include "dataplane/groups.h"
#include "dataplane/inlet.h"
#include "dataplane/port_watch.h"
#include "dataplane/punt_thread.h"
#include "dataplane/receiver.h"
#include "dataplane/recorder.h"
#include "dataplane/reporter.h"
#include "dataplane/wait_set.h"
#include <stdatomic.h>

/* A packet in pieces is put together in so much room before it is parsed: the largest datagram
 * with its Ethernet and IPv6 headers. */
#define SCRATCH_SIZE (65536 + 64)

/* Packets on their way from one lane to another. */
#define HANDOVER_SIZE 1024

struct rte_ring;

/* A lane that stood still when it was to take from a port again, and how often it had turned. */
struct port_debt {
	bool is_owed;
	uint64_t turns;
};

/* Multicast groups that are joined by a port. */
struct port_joins {
	/* Control thread only: what the port was when they were joined. */
	uint32_t interface; /* by which the kernel speaks; 0: by none */
	uint64_t reopened;
	int state;
	/* Written by the control thread, read by any. */
	_Atomic uint32_t joined, failed;
	_Atomic int reason; /* why the last one failed; 0: there is no interface for it */
};

struct dataplane {
	struct gw_stage *stage;
	uint32_t port_count;
	struct port ports[GW_INTERFACES];
	struct port_watch watches[GW_INTERFACES];
	/* The kernel's share of each port; `port` is NULL where it has none. */
	struct punt punts[GW_INTERFACES];
	struct punt_thread punt_thread;

	/* Control thread only. */
	int64_t looked_at; /* gw_now() of the last look at the ports */
	struct port_debt owed[GW_LANES];
	struct groups *groups;
	uint64_t joined_for; /* what the cameras were */
	int64_t joined_at;

	struct port_joins joins[GW_INTERFACES];
	struct reporter *reporter;

	/* From lane to lane: [from][to]; NULL on the diagonal. */
	struct rte_ring *handover[GW_LANES][GW_LANES];
	struct inlet inlet; /* not opened for a replay */

	/* Of the capture that is being made; who makes it has set `recorder_busy`. */
	struct recorder recorder;
	_Atomic bool recorder_busy;

	/* Replay only. */
	struct gw_interface_config replay_interface;
	char replay_device[64];
	struct capture capture;
};

/* A queue of a port that a lane takes packets from. */
struct rx_queue {
	struct port *port;
	struct punt *punt; /* NULL: none */
	uint16_t queue;
};

struct burst {
	uint32_t next, count;
	/* Of a lane's own: what the port said when the packets came. They may wait while it is
	 * opened again. Those of other lanes say each what is left to check. */
	unsigned int checks;
	bool offloads_checksum;
	struct punt *punt; /* what is no camera's is offered to it; NULL: to nobody */
	struct rte_mbuf *packet[GW_BURST];
};

static inline bool burst_is_done(const struct burst *burst)
{
	return burst->next == burst->count;
}

struct rx_lane {
	struct gw_lane *lane;
	struct dataplane *dp;
	struct receiver receiver;
	struct stream_table *table;
	uint32_t queue_count;
	struct rx_queue queues[GW_INTERFACES * GW_LANES];
	struct wait_set wait_set;
	uint32_t handed_to; /* lanes that got packets in this burst, a bit each */

	/* What is being worked on: from the lane's own queues, and from other lanes and within
	 * connections. It stays when
	 * nothing may be lost and no slot is free; the one never waits for the other, or two lanes
	 * could wait for each other. */
	struct burst own, handed;
	/* The lane drains, and hands over no more. Written by the lane, read by the others. */
	_Atomic bool quiet;
	struct gw_frame *done[GW_BURST * ASSEMBLER_MAX_DONE];
	uint8_t scratch[SCRATCH_SIZE];

	/* Replay only. */
	uint64_t replayed, replayed_before; /* packets now, and at the last look */
	int64_t last_packet; /* gw_now() of the look that saw the last packet come */
	int64_t timestamp_unit; /* nanoseconds; 0: not known yet */
};

/* One turn: what other lanes handed over, and bursts from the lane's queues. The lane's thread. */
uint32_t dataplane_poll(struct gw_lane *lane);

/* Rests until packets come; as in struct gw_stage_ops. The lane's thread. */
bool dataplane_rest(struct gw_lane *lane, int64_t ns, bool deaf);

/* Gives frames that became complete to the next stage. The lane's thread. */
void dataplane_give(void *rx_lane, const struct assembler_done *done);

/* Starts DPDK and opens the ports; closes them again, as many as were opened. Main thread. */
int ports_start_eal(struct dataplane *dp, struct gw_error *error);
int ports_open(struct dataplane *dp, struct gw_error *error);
void ports_close(struct dataplane *dp);

/* Shares the ports' queues out: sets those of the lane. Its thread, or before it turns. */
void ports_share(struct gw_lane *lane);

/* Looks at the links, and opens again what must be. Control thread. */
void ports_upkeep(struct gw_stage *stage, int64_t now);

/* Joins the groups that cameras send to, by every port, and leaves others: after each change of a
 * camera, and when a port has a link again. Control thread. */
void joins_upkeep(struct dataplane *dp, int64_t now);

/* Leaves them all. Main thread. */
void joins_close(struct dataplane *dp);

/* Groups that could not be joined. Any thread. */
void joins_health(const struct dataplane *dp, struct gw_health *health);

/* How cameras come, change and go: see struct gw_stage_ops. */
int dataplane_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error);
void dataplane_camera_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was);
void dataplane_camera_release(struct gw_stage *stage, struct gw_camera *camera);

/* Ports and memory, for the API. Any thread. */
struct json_t *dataplane_describe(struct gw_stage *stage);

/* Ports that are down or gone. Any thread. */
void dataplane_health(struct gw_stage *stage, struct gw_health *health);
