/* How large the picture of a camera is. */
#pragma once

#include "core/config/config.h"
#include "core/drops.h"
#include "core/frame.h"
#include "dataplane/rtp_jpeg.h"

/* How many pixels the picture has, from what the packet says and what is configured.
 *
 * RTP/JPEG carries sizes in units of 8 pixels below 2048 (RFC 2435, 3.1.5); 0: not said. A
 * configured size that agrees with that, rounded to 8 and modulo 2048, is the true one; one that
 * only the camera's session said gives way where it does not agree. Sets *flags for a frame. */
enum gw_drop picture_size_find(const struct gw_camera_config *camera, const struct rtp_jpeg *jpeg,
	uint16_t *width, uint16_t *height, uint32_t *flags);
