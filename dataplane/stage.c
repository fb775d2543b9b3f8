#include "dataplane/stage.h"

#include <errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "dataplane/dataplane.h"
#include "dataplane/eal.h"
#include "dataplane/port_capture.h"
#include "dataplane/slot_need.h"
#include "dataplane/strangers_api.h"

/* A replay that lost packets on its way must end too. */
#define REPLAY_SILENCE_NS (2 * GW_NS_PER_S)

static int open_handover(struct dataplane *dp, struct gw_error *error)
{
	const uint32_t lanes = dp->stage->lane_count;

	for (uint32_t from = 0; from < lanes; from++) {
		for (uint32_t to = 0; to < lanes; to++) {
			char name[RTE_RING_NAMESIZE];

			if (from == to)
				continue;
			snprintf(name, sizeof(name), "rx-%u-%u", from % GW_LANES, to % GW_LANES);
			dp->handover[from][to] = rte_ring_create(
				name, HANDOVER_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (!dp->handover[from][to])
				return gw_error_set(error, -ENOMEM,
					"dataplane: out of memory for %u receive threads", lanes);
		}
	}
	return 0;
}

/* A capture is one queue, and its order is that of the file. A gateway whose pictures all come as
 * records has no ports. */
static uint32_t dataplane_lanes(const struct gw *gw, uint32_t wanted)
{
	if (gw->replay)
		return 1;
	return gw->config->interfaces_count == 0 && gw->config->kafka->source ? 0 : wanted;
}

static int dataplane_check(struct gw_stage *stage, struct gw_error *error)
{
	const struct gw *gw = stage->gw;

	if (!gw->replay && gw->config->interfaces_count == 0)
		return gw_error_set(error, -EINVAL,
			"dataplane: no interface is configured: add one under `interfaces`, "
			"such as {name: lan0, device: \"net_af_packet0,iface=eth0\"}");
	if (gw->lossless && slot_need_check(gw->config, error) != 0)
		return -EINVAL;
	return gw->replay ? capture_check(gw->replay->input, error) : 0;
}

static int dataplane_open(struct gw_stage *stage, struct gw_error *error)
{
	struct gw *gw = stage->gw;
	struct dataplane *dp = calloc(1, sizeof(*dp));

	if (!dp)
		return gw_error_set(error, -ENOMEM, "dataplane: out of memory");
	stage->state = dp;
	dp->stage = stage;
	dp->capture.fd = -1;
	recorder_end(&dp->recorder);
	dp->reporter = reporter_create();
	if (!dp->reporter)
		return gw_error_set(error, -ENOMEM, "dataplane: out of memory");
	int status = gw->replay ? capture_open(&dp->capture, gw->replay->input, error) : 0;

	gw->input_fault = dp->capture.fault;
	if (status == 0)
		status = ports_start_eal(dp, error);
	if (status == 0)
		status = open_handover(dp, error);
	if (status == 0 && !gw->replay)
		status = inlet_open(&dp->inlet, stage->lane_count, error);
	if (status != 0)
		return status;
	return ports_open(dp, error);
}

static void dataplane_close(struct gw_stage *stage)
{
	struct dataplane *dp = stage->state;

	if (!dp)
		return;
	ports_close(dp);
	for (uint32_t from = 0; from < GW_LANES; from++)
		for (uint32_t to = 0; to < GW_LANES; to++)
			rte_ring_free(dp->handover[from][to]);
	inlet_close(&dp->inlet);
	eal_close();
	capture_close(&dp->capture);
	recorder_close(&dp->recorder);
	reporter_destroy(dp->reporter);
	free(dp);
	stage->state = NULL;
}

static int dataplane_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	const struct assembler_setup setup = {
		.pool = lane->stage->gw->pool,
		.stats = lane->stats,
		.lossless = lane->stage->gw->lossless,
	};
	struct rx_lane *rx = calloc(1, sizeof(*rx));

	if (!rx)
		return gw_error_set(error, -ENOMEM, "dataplane: out of memory");
	lane->state = rx;
	rx->lane = lane;
	rx->dp = lane->stage->state;
	rx->table = stream_table_create();
	rx->receiver.table = rx->table;
	rx->receiver.stats = lane->stats;
	rx->receiver.assembler = assembler_create(&setup);
	rx->receiver.fragments = ip_fragments_create(&lane->stats->camera[GW_UNMATCHED]);
	rx->receiver.strangers = strangers_create();
	rx->receiver.room = secure_room_create();
	if (!rx->table || !rx->receiver.assembler || !rx->receiver.fragments ||
		!rx->receiver.strangers || !rx->receiver.room)
		return gw_error_set(error, -ENOMEM, "dataplane: out of memory");
	if (wait_set_open(&rx->wait_set, &lane->bell) != 0)
		return gw_error_set(error, -EMFILE,
			"dataplane: no file descriptor for a receive thread: raise LimitNOFILE");
	ports_share(lane);
	return 0;
}

static void free_burst(struct burst *burst)
{
	rte_pktmbuf_free_bulk(burst->packet + burst->next, burst->count - burst->next);
}

static void free_handed(struct rx_lane *rx)
{
	struct rte_mbuf *packet;

	for (uint32_t from = 0; from < GW_LANES; from++) {
		struct rte_ring *ring = rx->dp->handover[from][rx->lane->index];

		while (ring && rte_ring_dequeue(ring, (void **)&packet) == 0)
			rte_pktmbuf_free(packet);
	}
}

static void dataplane_lane_close(struct gw_lane *lane)
{
	struct rx_lane *rx = lane->state;

	if (!rx)
		return;
	wait_set_close(&lane->bell);
	free_burst(&rx->own);
	free_burst(&rx->handed);
	free_handed(rx);
	assembler_destroy(rx->receiver.assembler);
	ip_fragments_destroy(rx->receiver.fragments);
	strangers_destroy(rx->receiver.strangers);
	secure_room_destroy(rx->receiver.room);
	stream_table_destroy(rx->table);
	free(rx);
	lane->state = NULL;
}

/* The packet buffers' per-core caches are for threads that DPDK knows. */
static void dataplane_begin(struct gw_lane *lane)
{
	if (rte_thread_register() != 0)
		gw_warn("dataplane",
			"DPDK does not know the receive thread: packet buffers are slower");
}

static void dataplane_end(struct gw_lane *lane)
{
	rte_thread_unregister();
}

void dataplane_give(void *rx_lane, const struct assembler_done *done)
{
	struct rx_lane *rx = rx_lane;

	gw_lane_give(rx->lane, done->frames, done->count);
}

static uint32_t open_frames(const struct gw_stage *stage)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct rx_lane *rx = stage->lanes[i].state;

		open += assembler_open_count(rx->receiver.assembler);
	}
	return open;
}

/* Waiting for a slot is in vain when no frame is on its way: the open frames hold them all. */
static void look_at_waiting(struct rx_lane *rx)
{
	const struct gw_stage *stage = rx->dp->stage;

	if ((!burst_is_done(&rx->own) || !burst_is_done(&rx->handed)) &&
		gw_pool_in_use(stage->gw->pool, UINT32_MAX) <= open_frames(stage))
		assembler_stop_waiting(rx->receiver.assembler);
}

/* The end of a capture is silent: it is reached when as many packets came as the file holds. */
static void look_at_replay(struct rx_lane *rx, int64_t now)
{
	const struct capture *capture = &rx->dp->capture;
	bool ended = rx->replayed >= capture->packets;

	if (rx->replayed != rx->replayed_before || rx->last_packet == 0 ||
		!burst_is_done(&rx->own)) {
		rx->replayed_before = rx->replayed;
		rx->last_packet = now;
	}
	if (!burst_is_done(&rx->own))
		return;
	if (!ended && now - rx->last_packet > REPLAY_SILENCE_NS) {
		gw_error_log("replay", "only %lu of %lu packets could be read from the capture",
			rx->replayed, capture->packets);
		ended = true;
	}
	if (ended)
		atomic_store_explicit(&rx->lane->exhausted, true, memory_order_release);
}

static void dataplane_housekeeping(struct gw_lane *lane, int64_t now)
{
	struct rx_lane *rx = lane->state;

	assembler_expire(rx->receiver.assembler, now, false, dataplane_give, rx);
	look_at_waiting(rx);
	strangers_tick(rx->receiver.strangers);
	if (lane->stage->gw->replay)
		look_at_replay(rx, now);
	else
		ip_fragments_expire(rx->receiver.fragments, now, false);
}

/* Another lane hands packets over until it drains too. It says so after the last of them. */
static bool handed_over(const struct rx_lane *rx)
{
	for (uint32_t from = 0; from < rx->dp->stage->lane_count; from++) {
		const struct rte_ring *ring = rx->dp->handover[from][rx->lane->index];
		const struct rx_lane *other = rx->dp->stage->lanes[from].state;

		if (ring &&
			(!atomic_load_explicit(&other->quiet, memory_order_acquire) ||
				rte_ring_count(ring) > 0))
			return false;
	}
	return true;
}

static bool dataplane_drain(struct gw_lane *lane)
{
	struct rx_lane *rx = lane->state;

	if (!burst_is_done(&rx->own))
		return false;
	/* Who drains takes nothing more from the ports. */
	atomic_store_explicit(&rx->quiet, true, memory_order_release);
	if (!burst_is_done(&rx->handed) || !handed_over(rx))
		return false;
	ip_fragments_expire(rx->receiver.fragments, gw_now(), true);
	assembler_expire(rx->receiver.assembler, gw_now(), true, dataplane_give, rx);
	return true;
}

static bool dataplane_put_packet(struct gw_stage *stage, const struct gw_packet *packet)
{
	struct dataplane *dp = stage->state;

	return inlet_put(&dp->inlet, gw_lane_of(packet->camera, stage->lane_count), packet);
}

static void dataplane_put_end(struct gw_stage *stage, uint32_t camera)
{
	gw_bell_ring(&stage->lanes[gw_lane_of(camera, stage->lane_count)].bell);
}

static void dataplane_upkeep(struct gw_stage *stage, int64_t now)
{
	if (stage->gw->replay)
		return;
	ports_upkeep(stage, now);
	reporter_upkeep(stage->state, now);
}

static const struct gw_api_route routes[] = {
	{GW_ROLE_VIEWER, "GET", "strangers", "Who sends packets that are no camera's",
		.handle = api_strangers},
	{GW_ROLE_ADMIN, "POST", "cameras/{name}/capture",
		"The camera's packets of the next seconds, as a file", .handle = api_capture,
		.slow = true, .body = true},
	{0},
};

const struct gw_stage_ops dataplane_stage = {
	.name = "rx",
	.lanes = dataplane_lanes,
	.check = dataplane_check,
	.open = dataplane_open,
	.lane_open = dataplane_lane_open,
	.lane_close = dataplane_lane_close,
	.close = dataplane_close,
	.begin = dataplane_begin,
	.end = dataplane_end,
	.poll = dataplane_poll,
	.rest = dataplane_rest,
	.put_packet = dataplane_put_packet,
	.put_end = dataplane_put_end,
	.housekeeping = dataplane_housekeeping,
	.drain = dataplane_drain,
	.camera_prepare = dataplane_camera_prepare,
	.camera_publish = dataplane_camera_publish,
	.camera_release = dataplane_camera_release,
	.upkeep = dataplane_upkeep,
	.health = dataplane_health,
	.describe = dataplane_describe,
	.routes = routes,
};
