#include "dataplane/stage.h"

#include <errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "dataplane/dataplane.h"
#include "dataplane/eal.h"
#include "dataplane/slot_need.h"

/* A replay that lost packets on its way must end too. */
#define REPLAY_SILENCE_NS (2 * GW_NS_PER_S)

static int open_replay(struct dataplane *dp, struct gw_error *error)
{
	snprintf(dp->replay_device, sizeof(dp->replay_device),
		"net_pcap_replay,rx_pcap=/proc/self/fd/%d", dp->capture.fd);
	dp->replay_interface = (struct gw_interface_config){
		.name = "replay", .device = dp->replay_device, .checksum = GW_CHECKSUM_PORT};
	const int status = port_open(&dp->ports[0], &dp->replay_interface, error);

	dp->port_count = status == 0;
	return status;
}

static int open_ports(struct dataplane *dp, const struct gw_config *config, struct gw_error *error)
{
	for (uint32_t i = 0; i < config->interfaces_count; i++) {
		const int status = port_open(&dp->ports[i], &config->interfaces[i], error);

		if (status != 0)
			return status;
		dp->port_count = i + 1;
	}
	return 0;
}

static int start_eal(const struct gw *gw, struct gw_error *error)
{
	const char *pci[GW_INTERFACES];
	struct eal_request request = {.pci = pci};
	const uint32_t ports = gw->replay ? 1 : gw->config->interfaces_count;

	for (uint32_t i = 0; !gw->replay && i < ports; i++)
		if (port_is_pci(gw->config->interfaces[i].device))
			pci[request.pci_count++] = gw->config->interfaces[i].device;
	request.memory_mib = 32 + ports * PORT_MEMORY_MIB;
	return eal_open(&request, error);
}

/* What the file asks for and this version does not do must not go unnoticed. */
static void warn_of_no_effect(const struct gw_config *config)
{
	for (uint32_t i = 0; i < config->cameras_count; i++)
		if (config->cameras[i].conceal)
			gw_warn("dataplane", "camera %s: `conceal` has no effect in this version",
				config->cameras[i].name);
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
	warn_of_no_effect(gw->config);
	dp->table = stream_table_create(gw->config->cameras, gw->config->cameras_count, error);
	if (!dp->table)
		return -EINVAL;
	const struct assembler_setup setup = {
		.cameras = gw->config->cameras,
		.camera_count = gw->config->cameras_count,
		.pool = gw->pool,
		.stats = stage->stats,
		.sink_stats = gw->stages[GW_STAGE_SINK].stats,
		.lossless = gw->lossless,
	};

	dp->receiver.table = dp->table;
	dp->receiver.stats = stage->stats;
	dp->receiver.assembler = assembler_create(&setup);
	if (!dp->receiver.assembler)
		return gw_error_set(error, -ENOMEM, "dataplane: out of memory for %u cameras",
			gw->config->cameras_count);
	int status = gw->replay ? capture_open(&dp->capture, gw->replay->input, error) : 0;

	if (status == 0)
		status = start_eal(gw, error);
	if (status != 0)
		return status;
	return gw->replay ? open_replay(dp, error) : open_ports(dp, gw->config, error);
}

static void dataplane_close(struct gw_stage *stage)
{
	struct dataplane *dp = stage->state;

	if (!dp)
		return;
	rte_pktmbuf_free_bulk(dp->burst + dp->burst_next, dp->burst_count - dp->burst_next);
	for (uint32_t i = 0; i < dp->port_count; i++)
		port_close(&dp->ports[i]);
	eal_close();
	capture_close(&dp->capture);
	assembler_destroy(dp->receiver.assembler);
	stream_table_destroy(dp->table);
	free(dp);
	stage->state = NULL;
}

/* The packet buffers' per-core caches are for threads that DPDK knows. */
static void dataplane_begin(struct gw_stage *stage)
{
	if (rte_thread_register() != 0)
		gw_warn("dataplane",
			"DPDK does not know the receive thread: packet buffers are slower");
}

static void dataplane_end(struct gw_stage *stage)
{
	rte_thread_unregister();
}

static void give_done(struct dataplane *dp, const struct assembler_done *done)
{
	if (done->count > 0)
		gw_stage_give(dp->stage, done->frames, done->count);
}

static void close_frames(struct dataplane *dp, int64_t now, bool all)
{
	for (uint32_t i = 0; i < dp->stage->stats->camera_count; i++) {
		struct assembler_done done = {.frames = dp->done};

		assembler_expire(dp->receiver.assembler, i, now, all, &done);
		give_done(dp, &done);
	}
}

/* Waiting for a slot is in vain when no frame is on its way: the open frames hold them all. */
static void look_at_waiting(struct dataplane *dp)
{
	if (dp->burst_next < dp->burst_count &&
		gw_pool_in_use(dp->stage->gw->pool, UINT32_MAX) <=
			assembler_open_count(dp->receiver.assembler))
		assembler_stop_waiting(dp->receiver.assembler);
}

/* The end of a capture is silent: it is reached when as many packets came as the file holds. */
static void look_at_replay(struct dataplane *dp, int64_t now)
{
	bool ended = dp->replayed >= dp->capture.packets;

	if (dp->replayed != dp->replayed_before || dp->last_packet == 0 ||
		dp->burst_next < dp->burst_count) {
		dp->replayed_before = dp->replayed;
		dp->last_packet = now;
	}
	if (dp->burst_next < dp->burst_count)
		return;
	if (!ended && now - dp->last_packet > REPLAY_SILENCE_NS) {
		gw_error_log("replay", "only %lu of %lu packets could be read from the capture",
			dp->replayed, dp->capture.packets);
		ended = true;
	}
	if (ended)
		atomic_store_explicit(&dp->stage->exhausted, true, memory_order_release);
}

static void dataplane_housekeeping(struct gw_stage *stage, int64_t now)
{
	struct dataplane *dp = stage->state;

	close_frames(dp, now, false);
	look_at_waiting(dp);
	if (stage->gw->replay)
		look_at_replay(dp, now);
}

static bool dataplane_drain(struct gw_stage *stage)
{
	struct dataplane *dp = stage->state;

	if (dp->burst_next < dp->burst_count)
		return false;
	close_frames(dp, gw_now(), true);
	return true;
}

const struct gw_stage_ops dataplane_stage = {
	.name = "rx",
	.check = dataplane_check,
	.open = dataplane_open,
	.begin = dataplane_begin,
	.end = dataplane_end,
	.poll = dataplane_poll,
	.housekeeping = dataplane_housekeeping,
	.drain = dataplane_drain,
	.close = dataplane_close,
	.describe = dataplane_describe,
};
