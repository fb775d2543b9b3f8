/* The address of a camera's RTSP service (RFC 2326, 3.2; RFC 3986). Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

#define GW_RTSP_PORT 554
#define GW_RTSPS_PORT 322 /* of RTSP within TLS (RFC 7826, 19.2) */

struct gw_rtsp_url {
	char host[256]; /* a name, or an address without brackets */
	uint16_t port;
};

/* Whether it says rtsps. */
bool gw_rtsp_url_is_secured(const char *text);

/* Takes "rtsp://HOST[:PORT][/PATH]", or rtsps, apart. Returns 0, or -EINVAL with a line that
 * repeats nothing of the text: somebody may have written a password into it, which is refused. */
int gw_rtsp_url_parse(const char *text, struct gw_rtsp_url *url, struct gw_error *error);

/* Writes what may be shown: without the query, in which some cameras expect a password. */
void gw_rtsp_url_show(const char *text, char shown[GW_URL]);
