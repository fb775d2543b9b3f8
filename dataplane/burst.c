#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "dataplane/stage.h"

/* Packets whose bytes are on their way into the cache while one is worked on. */
#define PREFETCH_AHEAD 4

/* What the port has not checked, as the configuration wants it. */
static inline unsigned int checks_left(const struct port *port, const struct rte_mbuf *packet)
{
	unsigned int checks = port->checks;

	if (!port->offloads_checksum)
		return checks;
	const uint64_t ip = packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	const uint64_t udp = packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		checks &= ~RECEIVER_CHECK_IP;
	if (udp == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		checks |= RECEIVER_UDP_IS_BAD;
	else if (udp != RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN)
		checks &= ~RECEIVER_CHECK_UDP;
	return checks;
}

/* The packet's bytes in one piece; `size` is set. Chains come from frames above 9 KB. */
static inline const uint8_t *packet_bytes(
	struct dataplane *dp, const struct rte_mbuf *packet, uint32_t *size)
{
	*size = packet->data_len;
	if (likely(packet->nb_segs == 1))
		return rte_pktmbuf_mtod(packet, const uint8_t *);
	/* What does not fit is no IP packet: the parser finds it cut short. */
	*size = packet->pkt_len < SCRATCH_SIZE ? packet->pkt_len : SCRATCH_SIZE;
	return rte_pktmbuf_read(packet, 0, *size, dp->scratch);
}

/* The time that the capture file gives. Drivers fill in micro- or nanoseconds; the first packet's
 * time is known and tells which. */
static void set_capture_time(
	struct dataplane *dp, const struct rte_mbuf *packet, struct arrival *arrival)
{
	const struct port *port = dp->burst_port;

	if (!(packet->ol_flags & port->timestamp_flag))
		return;
	const int64_t stamp =
		(int64_t)*RTE_MBUF_DYNFIELD(packet, port->timestamp_offset, rte_mbuf_timestamp_t *);

	if (dp->timestamp_unit == 0)
		dp->timestamp_unit = stamp == dp->capture.first_ns ? 1 : 1000;
	arrival->utc = stamp * dp->timestamp_unit;
	arrival->clock = GW_CLOCK_SOURCE;
}

/* Works on what is left of the burst. Returns how many packets were taken. */
static uint32_t work_on_burst(struct dataplane *dp)
{
	struct arrival arrival = {.now = gw_now(), .utc = gw_now_utc(), .clock = GW_CLOCK_ARRIVAL};
	struct assembler_done done = {.frames = dp->done};
	struct rte_mbuf **burst = dp->burst;
	const uint32_t first = dp->burst_next, count = dp->burst_count;
	const bool replay = dp->stage->gw->replay != NULL;
	uint32_t i;

	for (i = first; i < count && i < first + PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst[i], const void *));
	for (i = first; i < count; i++) {
		const struct rte_mbuf *packet = burst[i];
		uint32_t size;

		if (i + PREFETCH_AHEAD < count) {
			const uint8_t *ahead =
				rte_pktmbuf_mtod(burst[i + PREFETCH_AHEAD], const uint8_t *);

			/* The headers end in the second line. */
			rte_prefetch0(ahead);
			rte_prefetch0(ahead + RTE_CACHE_LINE_SIZE);
		}
		if (replay)
			set_capture_time(dp, packet, &arrival);
		const uint8_t *data = packet_bytes(dp, packet, &size);

		if (!receiver_put(&dp->receiver, data, size, checks_left(dp->burst_port, packet),
			    &arrival, &done))
			break;
	}
	rte_pktmbuf_free_bulk(burst + first, i - first);
	dp->burst_next = i;
	if (done.count > 0)
		gw_stage_give(dp->stage, done.frames, done.count);
	return i - first;
}

uint32_t dataplane_poll(struct gw_stage *stage)
{
	struct dataplane *dp = stage->state;
	uint32_t work = 0;

	if (dp->burst_next < dp->burst_count) {
		work = work_on_burst(dp);
		if (dp->burst_next < dp->burst_count)
			return work;
	}
	if (atomic_load_explicit(&stage->draining, memory_order_relaxed))
		return work;
	for (uint32_t i = 0; i < dp->port_count; i++) {
		dp->burst_port = &dp->ports[i];
		dp->burst_next = 0;
		dp->burst_count = rte_eth_rx_burst(dp->burst_port->id, 0, dp->burst, GW_BURST);
		if (dp->burst_count == 0)
			continue;
		dp->replayed += dp->burst_count;
		work += work_on_burst(dp);
		if (dp->burst_next < dp->burst_count)
			break;
	}
	return work;
}
