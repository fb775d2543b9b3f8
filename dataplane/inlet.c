#include "dataplane/inlet.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/checksum.h"
#include "dataplane/mbuf_chain.h"
#include "dataplane/receiver.h"

#define BUFFERS 4096
/* A lane that stands still leaves the others half of the buffers, while packets take one each. */
#define RING_SIZE 1024

enum {
	ETHERNET_SIZE = 14,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	UDP_SIZE = 8,
	HEADERS_MOST = ETHERNET_SIZE + IPV6_SIZE + UDP_SIZE,
	HOPS = 64,
	PAYLOAD_MOST = 65535 - IPV4_SIZE - UDP_SIZE,
};

int inlet_open(struct inlet *inlet, uint32_t lanes, struct gw_error *error)
{
	inlet->buffers = rte_pktmbuf_pool_create(
		"inlet", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!inlet->buffers)
		return gw_error_set(
			error, -ENOMEM, "dataplane: out of memory for packets within connections");
	for (uint32_t i = 0; i < lanes; i++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "inlet-%u", i % GW_LANES);
		inlet->ring[i] = rte_ring_create(
			name, RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!inlet->ring[i])
			return gw_error_set(error, -ENOMEM,
				"dataplane: out of memory for %u receive threads", lanes);
	}
	return 0;
}

void inlet_close(struct inlet *inlet)
{
	struct rte_mbuf *packet;

	for (uint32_t i = 0; i < GW_LANES; i++) {
		while (inlet->ring[i] && rte_ring_dequeue(inlet->ring[i], (void **)&packet) == 0)
			rte_pktmbuf_free(packet);
		rte_ring_free(inlet->ring[i]);
	}
	rte_mempool_free(inlet->buffers);
	*inlet = (struct inlet){0};
}

static void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The headers are of use to who reads a capture of them, too. Returns their size. */
static uint32_t write_headers(
	const struct gw_packet *packet, uint32_t payload, uint8_t headers[HEADERS_MOST])
{
	const bool is_ipv4 = packet->from.family == AF_INET;
	/* Of the connection, and of nobody's network card. */
	static const uint8_t camera[] = {2, 0, 0, 0, 0, 1}, us[] = {2, 0, 0, 0, 0, 2};
	uint8_t *at = headers + ETHERNET_SIZE;

	memset(headers, 0, HEADERS_MOST);
	memcpy(headers, us, sizeof(us));
	memcpy(headers + 6, camera, sizeof(camera));
	put_be16(headers + 12, is_ipv4 ? 0x0800 : 0x86DD);
	if (is_ipv4) {
		at[0] = 0x45;
		put_be16(at + 2, IPV4_SIZE + UDP_SIZE + payload);
		at[6] = 0x40; /* do not fragment */
		at[8] = HOPS;
		at[9] = IPPROTO_UDP;
		memcpy(at + 12, packet->from.bytes, 4);
		memcpy(at + 16, packet->to.bytes, 4);
		const uint16_t sum = (uint16_t)~checksum_fold(checksum_add(0, at, IPV4_SIZE));

		memcpy(at + 10, &sum, sizeof(sum));
		at += IPV4_SIZE;
	} else {
		at[0] = 0x60;
		put_be16(at + 4, UDP_SIZE + payload);
		at[6] = IPPROTO_UDP;
		at[7] = HOPS;
		memcpy(at + 8, packet->from.bytes, 16);
		memcpy(at + 24, packet->to.bytes, 16);
		at += IPV6_SIZE;
	}
	put_be16(at, packet->from_port);
	put_be16(at + 2, packet->to_port);
	put_be16(at + 4, UDP_SIZE + payload);
	return (uint32_t)(at - headers) + UDP_SIZE;
}

/* RFC 8200, 8.1: over IPv6 there must be one. What an IPv4 address does not use is 0. */
static void write_checksum(const struct gw_packet *packet, uint8_t *udp)
{
	uint64_t sum = htons(IPPROTO_UDP) + (uint64_t)htons((uint16_t)(UDP_SIZE + packet->size));
	uint16_t field;

	sum = checksum_add(sum, packet->from.bytes, sizeof(packet->from.bytes));
	sum = checksum_add(sum, packet->to.bytes, sizeof(packet->to.bytes));
	sum = checksum_add(sum, udp, UDP_SIZE);
	field = (uint16_t)~checksum_fold(checksum_add(sum, packet->data, packet->size));
	if (field == 0)
		field = 0xFFFF;
	memcpy(udp + 6, &field, sizeof(field));
}

bool inlet_put(struct inlet *inlet, uint32_t lane, const struct gw_packet *packet)
{
	const bool fits = packet->size <= PAYLOAD_MOST;
	uint8_t headers[HEADERS_MOST];
	struct rte_mbuf *made;

	if (rte_ring_full(inlet->ring[lane]))
		return false;
	made = rte_pktmbuf_alloc(inlet->buffers);
	if (!made)
		return false;
	const uint32_t size = write_headers(packet, fits ? packet->size : PAYLOAD_MOST, headers);

	if (fits)
		write_checksum(packet, headers + size - UDP_SIZE);
	made->port = INLET_DEVICE;
	made->hash.usr = RECEIVER_WITHIN;
	if (mbuf_chain_add(inlet->buffers, made, headers, size) &&
		(!fits || mbuf_chain_add(inlet->buffers, made, packet->data, packet->size)) &&
		rte_ring_sp_enqueue(inlet->ring[lane], made) == 0)
		return true;
	rte_pktmbuf_free(made);
	return false;
}

uint32_t inlet_take(struct inlet *inlet, uint32_t lane, struct rte_mbuf **packets, uint32_t count)
{
	struct rte_ring *ring = inlet->ring[lane];

	return ring ? rte_ring_sc_dequeue_burst(ring, (void **)packets, count, NULL) : 0;
}
