#include "dataplane/way_back.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/bytes.h"
#include "core/config/address.h"
#include "dataplane/checksum.h"

enum {
	MAC_SIZE = 6,
	ETHERNET_SIZE = 14,
	VLAN_SIZE = 4,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86DD,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	UDP_SIZE = 8,
	HOPS = 64,
};

static_assert(ETHERNET_SIZE + 2 * VLAN_SIZE == WAY_BACK_LINK, "two tags");

void way_back_note(
	struct way_back *way, const uint8_t *frame, uint16_t device, const struct packet *packet)
{
	uint32_t size = ETHERNET_SIZE;

	while (size < WAY_BACK_LINK && read_be16(frame + size - 2) != TYPE_IPV4 &&
		read_be16(frame + size - 2) != TYPE_IPV6)
		size += VLAN_SIZE;
	way->is_known = true;
	way->link_size = (uint8_t)size;
	memcpy(way->link, frame, size);
	way->device = device;
	way->port = read_be16(packet->udp);
	way->our_port = (uint16_t)packet->flow.port;
}

static void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Sums are in the machine's byte order. */
static void put_sum(uint8_t *at, uint64_t sum)
{
	const uint16_t field = (uint16_t)~checksum_fold(sum);

	memcpy(at, &field, sizeof(field));
}

static uint32_t put_ipv4(const struct gw_camera_config *camera, uint32_t size, uint8_t *at)
{
	memset(at, 0, IPV4_SIZE);
	at[0] = 0x45;
	put_be16(at + 2, IPV4_SIZE + size);
	at[6] = 0x40; /* do not fragment */
	at[8] = HOPS;
	at[9] = IPPROTO_UDP;
	memcpy(at + 12, camera->destination_address.bytes, 4);
	memcpy(at + 16, camera->source_address.bytes, 4);
	put_sum(at + 10, checksum_add(0, at, IPV4_SIZE));
	return IPV4_SIZE;
}

static uint32_t put_ipv6(const struct gw_camera_config *camera, uint32_t size, uint8_t *at)
{
	memset(at, 0, 8);
	at[0] = 0x60;
	put_be16(at + 4, size);
	at[6] = IPPROTO_UDP;
	at[7] = HOPS;
	memcpy(at + 8, camera->destination_address.bytes, 16);
	memcpy(at + 24, camera->source_address.bytes, 16);
	return IPV6_SIZE;
}

static void put_udp_checksum(const struct gw_camera_config *camera, uint8_t *udp, uint32_t size)
{
	uint64_t sum = htons(IPPROTO_UDP) + (uint64_t)htons((uint16_t)size);

	/* What an IPv4 address does not use is 0 and changes nothing. */
	sum = checksum_add(sum, camera->source_address.bytes, 16);
	sum = checksum_add(sum, camera->destination_address.bytes, 16);
	put_sum(udp + 6, checksum_add(sum, udp, size));
	/* 0 would say that there is none. */
	if (udp[6] == 0 && udp[7] == 0)
		put_be16(udp + 6, 0xFFFF);
}

uint32_t way_back_write(const struct way_back *way, const struct gw_camera_config *camera,
	const uint8_t *payload, uint32_t size, uint8_t *frame)
{
	uint8_t *at = frame + way->link_size;
	const uint32_t whole = UDP_SIZE + size;

	if (!way->is_known || gw_address_is_group(&camera->destination_address))
		return 0;
	memcpy(frame, way->link, way->link_size);
	memcpy(frame, way->link + MAC_SIZE, MAC_SIZE);
	memcpy(frame + MAC_SIZE, way->link, MAC_SIZE);
	at += camera->source_address.family == AF_INET ? put_ipv4(camera, whole, at)
						       : put_ipv6(camera, whole, at);
	put_be16(at, way->our_port);
	put_be16(at + 2, way->port);
	put_be16(at + 4, whole);
	put_be16(at + 6, 0);
	memcpy(at + UDP_SIZE, payload, size);
	put_udp_checksum(camera, at, whole);
	return (uint32_t)(at - frame) + whole;
}
