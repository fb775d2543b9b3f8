/* Ethernet, IPv4 and UDP around an RTP packet. Pure functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct network {
	uint8_t to[6], from[6]; /* Ethernet */
	uint16_t vlan; /* 802.1Q identifier, 0: untagged */
	uint8_t source[4], destination[4];
	uint16_t source_port, port;
	bool udp_checksum; /* else 0: none (RFC 768) */
	bool no_ip_checksum; /* 0, as a sender whose card fills it in captures its packets */
};

/* Bytes that network_put() writes before the payload. */
uint32_t network_headers(const struct network *network);
#define NETWORK_MOST 46

/* Writes the headers for a payload of `size` bytes. Returns where it goes. */
uint8_t *network_put(const struct network *network, uint8_t *out, uint32_t size);

/* The sum of a payload's 16-bit words, for network_finish(). */
uint32_t network_sum(uint32_t sum, const uint8_t *data, uint32_t size);

/* Fills the UDP checksum in when there shall be one; `payload` is what network_put() returned,
 * `sum` that of the payload. */
void network_finish(const struct network *network, uint8_t *payload, uint32_t size, uint32_t sum);
