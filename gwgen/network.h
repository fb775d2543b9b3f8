/* Ethernet, IPv4 or IPv6, and UDP around an RTP packet. Pure functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NETWORK_TEXT 46

struct network {
	uint8_t to[6], from[6]; /* Ethernet */
	uint16_t vlan; /* 802.1Q identifier, 0: untagged */
	uint16_t outer; /* 802.1ad identifier of a tag around that one, 0: there is none */
	bool is_ipv6;
	uint8_t source[16], destination[16]; /* of IPv4: the first four bytes */
	uint16_t source_port, port;
	bool udp_checksum; /* else 0: none (RFC 768); over IPv6 there must be one */
	bool no_ip_checksum; /* 0, as a sender whose card fills it in captures its packets */
};

/* Of IP and UDP. */
uint32_t network_ip_headers(const struct network *network);

/* Goes on to the address that is `by` further on. */
void network_move(struct network *network, uint32_t by);

/* Takes the Ethernet address that frames go to: that of the group (RFC 1112, 6.4; RFC 2464, 7)
 * where the destination is one, of everybody where it is the broadcast address, and else `machine`.
 */
void network_aim(struct network *network, const uint8_t machine[6]);

/* The text of an address of it. */
const char *network_text(
	const struct network *network, const uint8_t address[16], char text[NETWORK_TEXT]);

/* Bytes that network_put() writes before the payload. */
uint32_t network_headers(const struct network *network);
#define NETWORK_MOST 70

/* Writes the headers for a payload of `size` bytes. Returns where it goes. */
uint8_t *network_put(const struct network *network, uint8_t *out, uint32_t size);

/* The sum of a payload's 16-bit words, for network_finish(). */
uint32_t network_sum(uint32_t sum, const uint8_t *data, uint32_t size);

/* Fills the UDP checksum in when there shall be one; `payload` is what network_put() returned,
 * `sum` that of the payload. */
void network_finish(const struct network *network, uint8_t *payload, uint32_t size, uint32_t sum);
