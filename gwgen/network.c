#include "gwgen/network.h"

#include <string.h>

#include "gwgen/put.h"

enum {
	ETHERNET = 14,
	TAG = 4,
	IPV4 = 20,
	UDP = 8,
	TTL = 64,
	PROTOCOL_UDP = 17,
};

uint32_t network_headers(const struct network *network)
{
	return ETHERNET + (network->vlan ? TAG : 0) + IPV4 + UDP;
}

uint32_t network_sum(uint32_t sum, const uint8_t *data, uint32_t size)
{
	uint64_t wide = sum;

	for (uint32_t i = 0; i + 1 < size; i += 2)
		wide += (uint32_t)data[i] << 8 | data[i + 1];
	if (size % 2)
		wide += (uint32_t)data[size - 1] << 8;
	while (wide >> 16)
		wide = (wide & 0xFFFF) + (wide >> 16);
	return (uint32_t)wide;
}

uint8_t *network_put(const struct network *network, uint8_t *out, uint32_t size)
{
	memcpy(out, network->to, 6);
	memcpy(out + 6, network->from, 6);
	out += 12;
	if (network->vlan)
		out = put16(put16(out, 0x8100), network->vlan);
	out = put16(out, 0x0800);
	uint8_t *ip = out;

	out = put16(put8(put8(out, 0x45), 0), IPV4 + UDP + size);
	out = put16(put8(put8(put16(put16(out, 0), 0x4000), TTL), PROTOCOL_UDP), 0);
	memcpy(out, network->source, 4);
	memcpy(out + 4, network->destination, 4);
	if (!network->no_ip_checksum)
		put16(ip + 10, ~network_sum(0, ip, IPV4));
	out = put16(put16(out + 8, network->source_port), network->port);
	return put16(put16(out, UDP + size), 0);
}

void network_finish(const struct network *network, uint8_t *payload, uint32_t size, uint32_t sum)
{
	uint8_t *udp = payload - UDP;

	if (!network->udp_checksum)
		return;
	sum += PROTOCOL_UDP + UDP + size;
	sum = network_sum(network_sum(sum, udp - 8, 8), udp, UDP);
	/* 0 would mean that there is none (RFC 768). */
	put16(udp + 6, sum == 0xFFFF ? 0xFFFF : ~sum);
}
