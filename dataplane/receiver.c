#include "dataplane/receiver.h"

#include <string.h>

#include "core/bytes.h"
#include "core/stage.h"
#include "dataplane/onvif.h"
#include "dataplane/reports.h"

/* RTCP with SRTP is opened in so much room: an Ethernet frame has less. */
#define MOST_REPORT 2048

/* What happens seldom, off the way of all other packets. */
#define SELDOM __attribute__((cold, noinline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static void count_unmatched(struct receiver *receiver, enum gw_drop drop)
{
	struct gw_camera_stats *unmatched = &receiver->stats->camera[GW_UNMATCHED];

	gw_counter_add(&unmatched->packets, 1);
	gw_count_drop(unmatched, drop);
}

static bool udp_checksum_passes(const struct packet *packet, unsigned int checks)
{
	if (!(checks & (RECEIVER_CHECK_UDP | RECEIVER_UDP_IS_BAD)))
		return true;
	if (!(checks & RECEIVER_UDP_IS_BAD) && packet_udp_checksum_ok(packet))
		return true;
	return (checks & RECEIVER_TAKE_UNFINISHED) && packet_udp_checksum_unfinished(packet);
}

/* With wrong padding the header is still right. */
static bool has_header(enum gw_drop drop)
{
	return drop == GW_DROP_NONE || drop == GW_DROP_RTP_PADDING;
}

/* RTCP of a camera. *camera may change to another one of the same flow. */
static SELDOM enum gw_drop put_report(struct receiver *receiver, const struct packet *packet,
	uint32_t *camera, const struct arrival *arrival)
{
	const uint32_t match =
		stream_table_by_ssrc(receiver->table, *camera, read_be32(packet->payload + 4));
	const uint8_t *data = packet->payload;
	uint8_t opened[MOST_REPORT];
	uint32_t size = packet->size;
	struct rtcp rtcp;

	if (match == STREAM_NO_CAMERA)
		return GW_DROP_RTCP_STRAY;
	*camera = match;
	struct secure *secure = assembler_secure(receiver->assembler, match);

	if (secure) {
		if (size > sizeof(opened))
			return GW_DROP_SRTP_BAD;
		memcpy(opened, data, size);
		data = opened;
		const enum gw_drop closed = secure_open_report(secure, opened, &size);

		if (closed != GW_DROP_NONE)
			return closed;
	}
	const enum gw_drop drop = rtcp_parse(data, size, &rtcp);

	if (drop != GW_DROP_NONE)
		return drop;
	return assembler_report(receiver->assembler, match, &rtcp, packet, arrival);
}

/* A packet of a camera whose RTP header was read; `drop` says whether its padding is right. */
static inline enum gw_drop put_rtp(struct receiver *receiver, uint32_t camera, enum gw_drop drop,
	const struct rtp_packet *rtp, const struct arrival *arrival, struct assembler_done *done)
{
	struct rtp_jpeg jpeg;

	if (drop == GW_DROP_NONE)
		drop = assembler_judge_type(receiver->assembler, camera, rtp, arrival);
	if (drop == GW_DROP_NONE)
		drop = onvif_parse_any(rtp, &jpeg);
	if (drop != GW_DROP_NONE) {
		assembler_note(receiver->assembler, camera, rtp, done);
		return drop;
	}
	return assembler_put(receiver->assembler, camera, rtp, &jpeg, arrival, done);
}

/* The same for one that has to be opened first: before that nothing in it is believed. */
static __attribute__((noinline)) enum gw_drop put_secure(struct receiver *receiver,
	const struct packet *packet, uint32_t camera, const struct arrival *arrival,
	struct assembler_done *done)
{
	struct secure *secure = assembler_secure(receiver->assembler, camera);
	struct rtp_packet rtp;
	const uint8_t *opened;
	uint32_t size;
	enum gw_drop drop = secure_room_open(receiver->room, secure, packet->payload, packet->size,
		arrival->now, &opened, &size);

	if (drop != GW_DROP_NONE)
		return drop;
	drop = rtp_parse(opened, size, &rtp);
	if (has_header(drop))
		drop = put_rtp(receiver, camera, drop, &rtp, arrival, done);
	secure_room_keep(receiver->room, drop == ASSEMBLER_WAIT);
	return drop;
}

/* The payload of a camera's datagram. *camera may change to another one of the same flow. */
static enum gw_drop put_payload(struct receiver *receiver, const struct packet *packet,
	unsigned int checks, uint32_t *camera, const struct arrival *arrival,
	struct assembler_done *done)
{
	struct rtp_packet rtp;

	if (!udp_checksum_passes(packet, checks))
		return GW_DROP_UDP_CHECKSUM;
	if (UNLIKELY(rtcp_is(packet->payload, packet->size)))
		return put_report(receiver, packet, camera, arrival);
	const enum gw_drop drop = rtp_parse(packet->payload, packet->size, &rtp);

	if (!has_header(drop))
		return drop;
	const uint32_t match = stream_table_by_ssrc(receiver->table, *camera, rtp.ssrc);

	if (match == STREAM_NO_CAMERA)
		return drop == GW_DROP_NONE ? GW_DROP_BAD_SSRC : drop;
	*camera = match;
	if (UNLIKELY(receiver->secure_count > 0) && assembler_secure(receiver->assembler, match))
		return put_secure(receiver, packet, match, arrival, done);
	return put_rtp(receiver, match, drop, &rtp, arrival, done);
}

static inline enum packet_ip_check ip_check(unsigned int checks)
{
	if (!(checks & RECEIVER_CHECK_IP))
		return PACKET_IP_TRUST;
	return checks & RECEIVER_TAKE_UNFINISHED ? PACKET_IP_CHECK_UNLESS_0 : PACKET_IP_CHECK;
}

/* RTCP without a camera of its own port is that of the camera on the port before (RFC 3550, 11). */
static SELDOM uint32_t find_by_port_before(
	const struct receiver *receiver, const struct packet *packet, uint32_t found)
{
	struct packet_flow flow = packet->flow;

	if (flow.port == 0 || !rtcp_is(packet->payload, packet->size))
		return found;
	flow.port--;
	const uint32_t camera = stream_table_find(receiver->table, &flow);

	return camera < STREAM_BAD_SOURCE || found == STREAM_NO_CAMERA ? camera : found;
}

void receiver_read(const struct receiver *receiver, const uint8_t *data, uint32_t size,
	unsigned int checks, struct datagram *datagram)
{
	datagram->checks = checks;
	datagram->camera = STREAM_NO_CAMERA;
	datagram->drop = packet_parse(data, size, ip_check(checks), &datagram->packet);
	if (datagram->drop != GW_DROP_NONE) {
		/* Strangers' fragments take no room. */
		if (datagram->drop == PACKET_IS_FRAGMENT &&
			!stream_table_has_pair(receiver->table, &datagram->packet.flow))
			datagram->drop = GW_DROP_NO_CAMERA;
		return;
	}
	datagram->packet.flow.family |= checks & RECEIVER_WITHIN;
	datagram->camera = stream_table_find(receiver->table, &datagram->packet.flow);
	if (datagram->camera < STREAM_BAD_SOURCE)
		return;
	datagram->camera = find_by_port_before(receiver, &datagram->packet, datagram->camera);
	if (datagram->camera >= STREAM_BAD_SOURCE)
		datagram->drop = datagram->camera == STREAM_BAD_SOURCE ? GW_DROP_BAD_SOURCE
								       : GW_DROP_NO_CAMERA;
}

bool receiver_assemble(struct receiver *receiver, struct datagram *datagram, unsigned int checks,
	int64_t when, struct ip_datagram *whole)
{
	const unsigned int of_whole = checks & ~(RECEIVER_CHECK_IP | RECEIVER_UDP_IS_BAD);

	if (!ip_fragments_put(receiver->fragments, &datagram->packet, when, whole))
		return false;
	receiver_read(receiver, whole->data, whole->size, of_whole, datagram);
	/* Fragments within fragments: nobody needs them. */
	if (datagram->drop == PACKET_IS_FRAGMENT)
		datagram->drop = GW_DROP_FRAGMENT_BAD;
	const uint32_t subject =
		datagram->drop == GW_DROP_NONE ? receiver_camera(receiver, datagram) : GW_UNMATCHED;

	gw_counter_add(&receiver->stats->camera[subject].events[GW_EVENT_DATAGRAM_ASSEMBLED], 1);
	return true;
}

void receiver_fetch(const struct receiver *receiver, const struct datagram *datagram)
{
	if (datagram->drop == GW_DROP_NONE)
		assembler_fetch(receiver->assembler, datagram->camera);
}

void receiver_fetch_room(const struct receiver *receiver, const struct datagram *datagram)
{
	if (datagram->drop == GW_DROP_NONE)
		assembler_fetch_room(receiver->assembler, datagram->camera, datagram->packet.size);
}

uint32_t receiver_camera(const struct receiver *receiver, const struct datagram *datagram)
{
	const uint32_t first = datagram->camera;
	struct rtp_packet rtp;

	if (datagram->drop != GW_DROP_NONE)
		return STREAM_NO_CAMERA;
	/* Cameras that share a flow may have different lanes. */
	if (!stream_table_is_shared(receiver->table, first))
		return first;
	if (rtcp_is(datagram->packet.payload, datagram->packet.size))
		rtp.ssrc = read_be32(datagram->packet.payload + 4);
	else if (!has_header(rtp_parse(datagram->packet.payload, datagram->packet.size, &rtp)))
		return first;
	const uint32_t match = stream_table_by_ssrc(receiver->table, first, rtp.ssrc);

	return match != STREAM_NO_CAMERA ? match : first;
}

/* A packet to a camera's address and port, from its source, that is not the camera's. */
static void count_drop(struct receiver *receiver, const struct datagram *datagram, uint32_t camera,
	enum gw_drop drop, int64_t now)
{
	gw_count_drop(&receiver->stats->camera[camera], drop);
	if (strangers_want(drop))
		strangers_note(receiver->strangers, drop, camera, &datagram->packet, now);
}

bool receiver_put(struct receiver *receiver, const struct datagram *datagram,
	const struct arrival *arrival, struct assembler_done *done)
{
	uint32_t camera = datagram->camera;

	if (datagram->drop != GW_DROP_NONE) {
		count_unmatched(receiver, datagram->drop);
		if (strangers_want(datagram->drop))
			strangers_note(receiver->strangers, datagram->drop, STREAM_NO_CAMERA,
				&datagram->packet, arrival->now);
		return true;
	}
	const enum gw_drop drop =
		put_payload(receiver, &datagram->packet, datagram->checks, &camera, arrival, done);

	if (drop == ASSEMBLER_WAIT)
		return false;
	if (drop == GW_DROP_NO_CAMERA) {
		count_unmatched(receiver, drop);
		return true;
	}
	struct gw_camera_stats *stats = &receiver->stats->camera[camera];

	gw_counter_add(&stats->packets, 1);
	gw_counter_add(&stats->bytes, datagram->packet.size);
	if (drop == GW_DROP_NONE)
		gw_counter_add(&stats->packets_used, 1);
	else
		count_drop(receiver, datagram, camera, drop, arrival->now);
	return true;
}
