/* What a camera says of its streams: the part of SDP (RFC 4566, RFC 8866) that matters for JPEG
 * over RTP, with what cameras add to it. Pure; any thread.
 *
 * Nothing of it is trusted: texts are bounded, numbers that make no sense are as if not said. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

#define SDP_SIZE 65536 /* longer descriptions are refused */
#define SDP_CONTROL GW_URL

/* The stream that carries JPEG pictures. */
struct sdp_stream {
	char control[SDP_CONTROL]; /* of the stream (RFC 2326, C.1.1); empty: the session's */
	char session_control[SDP_CONTROL]; /* of all streams together; empty: not said */
	uint8_t payload_type;
	uint16_t width, height; /* pixels; 0: not said */
	double rate; /* pictures a second; 0: not said */
	struct gw_address group; /* family 0: no multicast group */
	uint16_t port; /* of the group; 0: not said */
	struct gw_srtp_key srtp_key; /* not set: packets are plain */
	bool has_idle_key; /* it has a key that protects nothing: its profile is not SRTP's */
};

/* Finds the first video stream that can be JPEG: payload type 26 (RFC 3551), or a dynamic one that
 * an rtpmap calls JPEG at 90,000 Hz. Returns 0, or a negative errno with a line that says what
 * there is instead: -EINVAL for what is no SDP, -ENOTSUP for other encodings, -EMSGSIZE. */
int sdp_parse(const char *text, size_t size, struct sdp_stream *stream, struct gw_error *error);
