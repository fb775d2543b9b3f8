#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>
#include <rte_ring.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "dataplane/mbuf_chain.h"
#include "dataplane/stage.h"

/* Packets whose bytes are on their way into the cache while one is worked on. */
#define PREFETCH_AHEAD 4

/* What the port has not checked, as the configuration wants it. */
static inline unsigned int checks_left(const struct burst *burst, const struct rte_mbuf *packet)
{
	unsigned int checks = burst->checks;

	if (!burst->offloads_checksum)
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

/* The packet's bytes in one piece; `size` is set. Chains come from frames above 9 KB, and from
 * fragments of a datagram of another lane's. */
static inline const uint8_t *packet_bytes(
	struct rx_lane *rx, const struct rte_mbuf *packet, uint32_t *size)
{
	*size = packet->data_len;
	if (likely(packet->nb_segs == 1))
		return rte_pktmbuf_mtod(packet, const uint8_t *);
	/* What does not fit is no IP packet: the parser finds it cut short. */
	*size = packet->pkt_len < SCRATCH_SIZE ? packet->pkt_len : SCRATCH_SIZE;
	return rte_pktmbuf_read(packet, 0, *size, rx->scratch);
}

/* The time that the capture file gives. Drivers fill in micro- or nanoseconds; the first packet's
 * time is known and tells which. */
static void set_capture_time(
	struct rx_lane *rx, const struct rte_mbuf *packet, struct arrival *arrival)
{
	const struct port *port = &rx->dp->ports[0];

	if (!(packet->ol_flags & port->timestamp_flag))
		return;
	const int64_t stamp =
		(int64_t)*RTE_MBUF_DYNFIELD(packet, port->timestamp_offset, rte_mbuf_timestamp_t *);

	if (rx->timestamp_unit == 0)
		rx->timestamp_unit = stamp == rx->dp->capture.first_ns ? 1 : 1000;
	arrival->utc = stamp * rx->timestamp_unit;
	arrival->clock = GW_CLOCK_SOURCE;
}

enum outcome { TAKEN, HANDED_OVER, NOT_YET };

static void count_lane_full(struct rx_lane *rx, const struct datagram *datagram, uint32_t camera)
{
	struct gw_camera_stats *stats = &rx->lane->stats->camera[camera];

	gw_counter_add(&stats->packets, 1);
	gw_counter_add(&stats->bytes, datagram->packet.size);
	gw_count_drop(stats, GW_DROP_LANE_FULL);
}

/* Gives a packet to the lane of its camera. */
static enum outcome hand_over(struct rx_lane *rx, struct rte_mbuf *packet,
	const struct datagram *datagram, uint32_t camera, uint32_t to)
{
	packet->hash.usr = datagram->checks;
	if (rte_ring_sp_enqueue(rx->dp->handover[rx->lane->index][to], packet) == 0) {
		rx->handed_to |= 1u << to;
		return HANDED_OVER;
	}
	if (rx->lane->stage->gw->lossless)
		return NOT_YET;
	count_lane_full(rx, datagram, camera);
	return TAKEN;
}

/* Reads the headers of one packet of the burst. */
static inline void read_packet(struct rx_lane *rx, const struct burst *burst,
	const struct rte_mbuf *packet, struct datagram *datagram)
{
	const unsigned int checks =
		burst == &rx->own ? checks_left(burst, packet) : packet->hash.usr;
	uint32_t size;
	const uint8_t *data = packet_bytes(rx, packet, &size);

	receiver_read(&rx->receiver, data, size, checks, datagram);
}

/* Reads the headers of all that is left of the burst. The packets do not wait for each other: what
 * one has to fetch from far away is on its way while the next is read. */
static void read_ahead(struct rx_lane *rx, const struct burst *burst, struct datagram *datagrams)
{
	struct rte_mbuf *const *packet = burst->packet;
	const uint32_t first = burst->next, count = burst->count;

	for (uint32_t i = first; i < count && i < first + PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(packet[i], const void *));
	for (uint32_t i = first; i < count; i++) {
		if (i + PREFETCH_AHEAD < count) {
			const uint8_t *ahead =
				rte_pktmbuf_mtod(packet[i + PREFETCH_AHEAD], const uint8_t *);

			/* The headers end in the second line. */
			rte_prefetch0(ahead);
			rte_prefetch0(ahead + RTE_CACHE_LINE_SIZE);
		}
		read_packet(rx, burst, packet[i], &datagrams[i]);
		if (i == first || datagrams[i].camera != datagrams[i - 1].camera)
			receiver_fetch(&rx->receiver, &datagrams[i]);
	}
}

/* Copies a packet for whoever captures the camera's. */
static __attribute__((cold, noinline)) void record_packet(struct rx_lane *rx,
	const struct datagram *datagram, const uint8_t *data, uint32_t size,
	const struct arrival *arrival)
{
	if (recorder_wants(&rx->dp->recorder, receiver_camera(&rx->receiver, datagram)))
		recorder_put(&rx->dp->recorder, data, size, arrival->utc);
}

/* A copy of the bytes, which are too many for one buffer; NULL when there are no buffers. */
static struct rte_mbuf *copy_of(struct rte_mempool *pool, const struct ip_datagram *whole)
{
	struct rte_mbuf *copy = rte_pktmbuf_alloc(pool);

	if (copy && mbuf_chain_add(pool, copy, whole->data, whole->size))
		return copy;
	rte_pktmbuf_free(copy);
	return NULL;
}

/* Gives a datagram that was put together, of which `piece` is one, to the lane of its camera. */
static enum outcome hand_over_whole(struct rx_lane *rx, const struct rte_mbuf *piece,
	const struct ip_datagram *whole, const struct datagram *datagram, uint32_t camera,
	uint32_t to)
{
	struct rte_mbuf *copy = copy_of(piece->pool, whole);

	if (!copy && rx->lane->stage->gw->lossless)
		return NOT_YET;
	if (!copy) {
		count_lane_full(rx, datagram, camera);
		return TAKEN;
	}
	copy->port = piece->port;
	const enum outcome outcome = hand_over(rx, copy, datagram, camera, to);

	if (outcome != HANDED_OVER)
		rte_pktmbuf_free(copy);
	return outcome == NOT_YET ? NOT_YET : TAKEN;
}

/* A piece of a datagram, which is assembled where it came: which camera's it is tells the whole. */
static enum outcome work_on_fragment(struct rx_lane *rx, const struct burst *burst,
	struct rte_mbuf *packet, struct datagram *datagram, const struct arrival *arrival,
	struct assembler_done *done)
{
	const struct gw *gw = rx->lane->stage->gw;
	struct ip_datagram whole;
	uint32_t to = rx->lane->index;

	/* A capture's time goes on by its packets. */
	if (!receiver_assemble(&rx->receiver, datagram, burst->checks,
		    gw->replay ? arrival->utc : arrival->now, &whole))
		return TAKEN;
	const uint32_t camera = receiver_camera(&rx->receiver, datagram);

	/* Who is to be answered, and what is recorded, has them. */
	memcpy(whole.data, rte_pktmbuf_mtod(packet, const uint8_t *), 2 * RTE_ETHER_ADDR_LEN);
	if (camera != STREAM_NO_CAMERA)
		to = gw_lane_of(camera, rx->dp->stage->lane_count);
	enum outcome outcome;

	if (to != rx->lane->index)
		outcome = hand_over_whole(rx, packet, &whole, datagram, camera, to);
	else
		outcome = receiver_put(&rx->receiver, datagram, arrival, done) ? TAKEN : NOT_YET;
	if (outcome == TAKEN && to == rx->lane->index && unlikely(recorder_runs(&rx->dp->recorder)))
		record_packet(rx, datagram, whole.data, whole.size, arrival);
	if (outcome != NOT_YET)
		ip_fragments_release(rx->receiver.fragments);
	return outcome;
}

/* What is no camera's whole datagram: a piece of one, or for the kernel, or nobody's. */
static enum outcome work_on_other(struct rx_lane *rx, const struct burst *burst,
	struct rte_mbuf *packet, struct datagram *datagram, const struct arrival *arrival,
	struct assembler_done *done)
{
	if (datagram->drop == PACKET_IS_FRAGMENT)
		return work_on_fragment(rx, burst, packet, datagram, arrival, done);
	if (burst == &rx->own && burst->punt && punt_wants(datagram->drop)) {
		uint32_t size;
		const uint8_t *data = packet_bytes(rx, packet, &size);

		datagram->drop =
			punt_offer(burst->punt, rx->lane->index, packet, data, size, arrival->now);
		if (datagram->drop == GW_DROP_NONE)
			return HANDED_OVER;
	}
	return receiver_put(&rx->receiver, datagram, arrival, done) ? TAKEN : NOT_YET;
}

static __attribute__((cold, noinline)) void record_mbuf(struct rx_lane *rx,
	const struct rte_mbuf *packet, const struct datagram *datagram,
	const struct arrival *arrival)
{
	uint32_t size;
	const uint8_t *data = packet_bytes(rx, packet, &size);

	record_packet(rx, datagram, data, size, arrival);
}

static inline enum outcome work_on_packet(struct rx_lane *rx, const struct burst *burst,
	struct rte_mbuf *packet, struct datagram *datagram, const struct arrival *arrival,
	struct assembler_done *done)
{
	const uint32_t lanes = rx->dp->stage->lane_count;

	/* Its pieces lay where those of the next one do. */
	if (unlikely(packet->nb_segs != 1))
		read_packet(rx, burst, packet, datagram);
	if (unlikely(datagram->drop != GW_DROP_NONE))
		return work_on_other(rx, burst, packet, datagram, arrival, done);
	if (lanes > 1 && burst == &rx->own) {
		const uint32_t camera = receiver_camera(&rx->receiver, datagram);
		const uint32_t to = gw_lane_of(camera, lanes);

		if (camera != STREAM_NO_CAMERA && to != rx->lane->index)
			return hand_over(rx, packet, datagram, camera, to);
	}
	if (!receiver_put(&rx->receiver, datagram, arrival, done))
		return NOT_YET;
	if (unlikely(recorder_runs(&rx->dp->recorder)))
		record_mbuf(rx, packet, datagram, arrival);
	return TAKEN;
}

static void ring_others(struct rx_lane *rx)
{
	for (uint32_t to = 0; rx->handed_to >> to != 0; to++)
		if (rx->handed_to >> to & 1)
			gw_bell_ring(&rx->dp->stage->lanes[to].bell);
	rx->handed_to = 0;
}

/* Works on what is left of the burst. Returns how many packets went. */
static uint32_t work_on(struct rx_lane *rx, struct burst *burst)
{
	struct arrival arrival = {.now = gw_now(), .utc = gw_now_utc(), .clock = GW_CLOCK_ARRIVAL};
	struct assembler_done done = {.frames = rx->done};
	struct rte_mbuf *taken[GW_BURST], **packet = burst->packet;
	struct datagram datagrams[GW_BURST];
	const uint32_t first = burst->next, count = burst->count;
	const bool replay = rx->lane->stage->gw->replay != NULL;
	uint32_t i, taken_count = 0;

	read_ahead(rx, burst, datagrams);
	for (i = first; i < count; i++) {
		if (replay)
			set_capture_time(rx, packet[i], &arrival);
		arrival.frame = rte_pktmbuf_mtod(packet[i], const uint8_t *);
		arrival.device = packet[i]->port;
		/* The same camera's next bytes are fetched without being asked for. */
		if (i + 1 < count && datagrams[i + 1].camera != datagrams[i].camera)
			receiver_fetch_room(&rx->receiver, &datagrams[i + 1]);
		const enum outcome outcome =
			work_on_packet(rx, burst, packet[i], &datagrams[i], &arrival, &done);

		if (outcome == NOT_YET)
			break;
		if (outcome == TAKEN)
			taken[taken_count++] = packet[i];
	}
	rte_pktmbuf_free_bulk(taken, taken_count);
	burst->next = i;
	if (done.count > 0)
		dataplane_give(rx, &done);
	if (rx->handed_to != 0)
		ring_others(rx);
	return i - first;
}

/* What came within connections: all of it is of this lane's cameras. */
static uint32_t take_inlet(struct rx_lane *rx)
{
	struct burst *burst = &rx->handed;

	if (!burst_is_done(burst))
		return 0;
	burst->next = 0;
	burst->count = inlet_take(&rx->dp->inlet, rx->lane->index, burst->packet, GW_BURST);
	return burst->count > 0 ? work_on(rx, burst) : 0;
}

/* What other lanes handed over. */
static uint32_t take_handed_over(struct rx_lane *rx)
{
	struct burst *burst = &rx->handed;
	uint32_t work = burst_is_done(burst) ? 0 : work_on(rx, burst);

	for (uint32_t from = 0; from < rx->dp->stage->lane_count; from++) {
		struct rte_ring *ring = rx->dp->handover[from][rx->lane->index];

		if (!burst_is_done(burst))
			break;
		burst->next = 0;
		burst->count = ring
			? rte_ring_sc_dequeue_burst(ring, (void **)burst->packet, GW_BURST, NULL)
			: 0;
		if (burst->count > 0)
			work += work_on(rx, burst);
	}
	return work;
}

static uint32_t take_from_ports(struct rx_lane *rx)
{
	struct burst *burst = &rx->own;
	uint32_t work = 0;

	for (uint32_t i = 0; i < rx->queue_count && burst_is_done(burst); i++) {
		const struct rx_queue *queue = &rx->queues[i];

		burst->next = 0;
		burst->checks = queue->port->checks;
		burst->punt = queue->punt;
		burst->offloads_checksum = queue->port->offloads_checksum;
		burst->count =
			rte_eth_rx_burst(queue->port->id, queue->queue, burst->packet, GW_BURST);
		if (burst->count == 0)
			continue;
		rx->replayed += burst->count;
		work += work_on(rx, burst);
	}
	return work;
}

uint32_t dataplane_poll(struct gw_lane *lane)
{
	struct rx_lane *rx = lane->state;
	uint32_t work = take_handed_over(rx);

	if (!burst_is_done(&rx->own))
		work += work_on(rx, &rx->own);
	if (!atomic_load_explicit(&lane->draining, memory_order_relaxed))
		work += take_inlet(rx) + take_from_ports(rx);
	/* For a slot; or for packets of which nobody tells. */
	lane->waits = rx->wait_set.blind || !burst_is_done(&rx->own) || !burst_is_done(&rx->handed);
	return work;
}

bool dataplane_rest(struct gw_lane *lane, int64_t ns, bool deaf)
{
	return wait_set_wait(&((struct rx_lane *)lane->state)->wait_set, ns, deaf);
}
