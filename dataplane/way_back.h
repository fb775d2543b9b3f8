/* The way back to a camera: from where its last RTCP came, so that an answer goes there without a
 * route, an address of the kernel's or ARP, whatever the port is. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "dataplane/packet.h"

/* Ethernet with two VLAN tags. */
#define WAY_BACK_LINK 22

/* ... and IPv6 and UDP: what stands before the payload of an answer. */
#define WAY_BACK_HEADERS (WAY_BACK_LINK + 40 + 8)

struct way_back {
	bool is_known;
	uint8_t link_size; /* 14 to WAY_BACK_LINK */
	uint8_t link[WAY_BACK_LINK]; /* the header that it came with */
	uint16_t device; /* the port that it came by: DPDK's number */
	uint16_t port; /* of the camera's that it was sent from */
	uint16_t our_port; /* that it was sent to */
};

/* Notes how a packet came: `frame` is its first byte, which packet_parse() has read. */
void way_back_note(
	struct way_back *way, const uint8_t *frame, uint16_t device, const struct packet *packet);

/* Writes an Ethernet frame with `size` bytes of UDP payload that goes that way back, between the
 * addresses of the camera. Returns its size, or 0: there is no way back (none is known, or the
 * camera sends to a group, whose members have no business with an answer). */
uint32_t way_back_write(const struct way_back *way, const struct gw_camera_config *camera,
	const uint8_t *payload, uint32_t size, uint8_t *frame);
