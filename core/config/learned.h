/* What a camera's session says of its stream, in the camera's configuration: never stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

/* What an RTSP session learns (RFC 2326, 12.39; RFC 8866). */
struct gw_learned {
	struct gw_address source, destination;
	uint16_t port;
	uint8_t payload_type;
	uint16_t width, height; /* 0: not said */
	struct gw_srtp_key srtp_key; /* not set: packets are plain */
	/* Packets come within the connection: addresses and port are those of that (TCP). */
	bool is_within;
};

/* Puts it into a camera with a `url`. A size that the file gives stays. Returns 0 or -ENOMEM, and
 * then the camera is only good to be freed. */
int gw_camera_learn(struct gw_camera_config *camera, const struct gw_learned *learned);

/* Takes that back, but for size and payload type: no packets are expected until it learns again. */
void gw_camera_forget(struct gw_camera_config *camera);

/* Whether both have the same `url` and all that their sessions are made with. */
bool gw_camera_same_session(const struct gw_camera_config *a, const struct gw_camera_config *b);

/* Puts what the session of `was` said into `camera`, which has the same session and was read anew.
 * As gw_camera_learn(). */
int gw_camera_keep_learned(struct gw_camera_config *camera, const struct gw_camera_config *was);
