#include "gwgen/network.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "core/bytes.h"
#include "gwgen/put.h"

static_assert(NETWORK_TEXT == INET6_ADDRSTRLEN, "");

enum {
	ETHERNET = 14,
	TAG = 4,
	IPV4 = 20,
	IPV6 = 40,
	UDP = 8,
	TTL = 64,
	PROTOCOL_UDP = 17,
};

uint32_t network_ip_headers(const struct network *network)
{
	return (network->is_ipv6 ? IPV6 : IPV4) + UDP;
}

uint32_t network_headers(const struct network *network)
{
	return ETHERNET + (network->outer ? TAG : 0) + (network->vlan ? TAG : 0) +
		network_ip_headers(network);
}

void network_move(struct network *network, uint32_t by)
{
	uint8_t *last = network->source + (network->is_ipv6 ? 12 : 0);

	put32(last, read_be32(last) + by);
}

const char *network_text(
	const struct network *network, const uint8_t address[16], char text[NETWORK_TEXT])
{
	return inet_ntop(network->is_ipv6 ? AF_INET6 : AF_INET, address, text, NETWORK_TEXT);
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

static uint8_t *put_ipv4(const struct network *network, uint8_t *out, uint32_t size)
{
	uint8_t *ip = out;

	out = put16(put8(put8(out, 0x45), 0), IPV4 + UDP + size);
	out = put16(put8(put8(put16(put16(out, 0), 0x4000), TTL), PROTOCOL_UDP), 0);
	memcpy(out, network->source, 4);
	memcpy(out + 4, network->destination, 4);
	if (!network->no_ip_checksum)
		put16(ip + 10, ~network_sum(0, ip, IPV4));
	return out + 8;
}

static uint8_t *put_ipv6(const struct network *network, uint8_t *out, uint32_t size)
{
	out = put8(put8(put16(put32(out, 0x60000000), UDP + size), PROTOCOL_UDP), TTL);
	memcpy(out, network->source, 16);
	memcpy(out + 16, network->destination, 16);
	return out + 32;
}

void network_aim(struct network *network, const uint8_t machine[6])
{
	const uint8_t *to = network->destination;
	const uint8_t group4[6] = {0x01, 0x00, 0x5E, to[1] & 0x7F, to[2], to[3]};
	const uint8_t group6[6] = {0x33, 0x33, to[12], to[13], to[14], to[15]};
	const uint8_t *aim = machine;

	if (network->is_ipv6 && to[0] == 0xFF)
		aim = group6;
	else if (!network->is_ipv6 && to[0] >> 4 == 0xE)
		aim = group4;
	memcpy(network->to, aim, sizeof(network->to));
	if (!network->is_ipv6 && memcmp(to, "\xFF\xFF\xFF\xFF", 4) == 0)
		memset(network->to, 0xFF, sizeof(network->to));
}

uint8_t *network_put(const struct network *network, uint8_t *out, uint32_t size)
{
	memcpy(out, network->to, 6);
	memcpy(out + 6, network->from, 6);
	out += 12;
	if (network->outer)
		out = put16(put16(out, 0x88A8), network->outer);
	if (network->vlan)
		out = put16(put16(out, 0x8100), network->vlan);
	out = put16(out, network->is_ipv6 ? 0x86DD : 0x0800);
	out = network->is_ipv6 ? put_ipv6(network, out, size) : put_ipv4(network, out, size);
	out = put16(put16(out, network->source_port), network->port);
	return put16(put16(out, UDP + size), 0);
}

void network_finish(const struct network *network, uint8_t *payload, uint32_t size, uint32_t sum)
{
	uint8_t *udp = payload - UDP;
	const uint32_t addresses = network->is_ipv6 ? 32 : 8;

	if (!network->udp_checksum)
		return;
	sum += PROTOCOL_UDP + UDP + size;
	sum = network_sum(network_sum(sum, udp - addresses, addresses), udp, UDP);
	/* 0 would mean that there is none (RFC 768). */
	put16(udp + 6, sum == 0xFFFF ? 0xFFFF : ~sum);
}
