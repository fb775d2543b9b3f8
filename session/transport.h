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
	bool is_multicast;
	uint16_t client_port; /* of ours; 0: not said */
	uint16_t port; /* of the group; 0: not said */
	struct gw_address source, destination; /* family 0: not said, or a name */
};

/* Writes what is asked for: packets to our `port` and the one after it, or to a group (port 0: the
 * camera chooses). */
void transport_write(bool multicast, uint16_t port, char text[TRANSPORT_TEXT]);

/* Reads the first of the transports in an answer. Returns 0 or -EINVAL. */
int transport_parse(const char *text, struct transport *transport);
