/* What an IP address is for. Pure; any thread. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"

/* Reads "10.0.0.1" or "2001:db8::1". False: it is none. */
bool gw_address_parse(const char *text, struct gw_address *address);

/* The same with a port, "10.0.0.1:8443" or "[2001:db8::1]:8443". False: it is no such thing, or
 * the port is 0. */
bool gw_address_parse_with_port(const char *text, struct gw_address *address, uint16_t *port);

/* A multicast group (RFC 5771; RFC 4291, 2.7). */
bool gw_address_is_group(const struct gw_address *address);

/* What keeps it from being the source of a packet, as in "a multicast group" (RFC 1122, 3.2.1.3;
 * RFC 4291, 2.5.2 and 2.7); NULL: nothing. */
const char *gw_address_no_source(const struct gw_address *address);

/* 0.0.0.0 or ::, which nobody has. */
bool gw_address_is_unspecified(const struct gw_address *address);
