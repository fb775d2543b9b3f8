/* The Transport header of SETUP (RFC 2326, 12.39). Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/config/config.h"

#define TRANSPORT_TEXT 512

/* What a camera answers: how it is going to send. */
struct transport {
	bool is_tcp; /* within the RTSP connection */
	uint8_t channels[2]; /* then: of RTP and of RTCP */
	bool is_multicast;
	uint16_t client_port; /* of ours; 0: not said */
	uint16_t port; /* of the group; 0: not said */
	struct gw_address source, destination; /* family 0: not said, or a name */
};

/* The ways that packets may come, in the order in which they are asked for. */
enum transport_way { TRANSPORT_UDP, TRANSPORT_MULTICAST, TRANSPORT_TCP };

/* "udp", "multicast", "tcp". */
const char *transport_name(enum transport_way way);

/* Writes what is asked for: packets to our `port` and the one after it, to a group (port 0: the
 * camera chooses), or within the connection. `secure`: they are SRTP. */
void transport_write(enum transport_way way, bool secure, uint16_t port, char text[TRANSPORT_TEXT]);

/* Reads the first of the transports in an answer. Returns 0 or -EINVAL. */
int transport_parse(const char *text, struct transport *transport);
