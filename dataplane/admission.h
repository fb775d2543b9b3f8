/* Whether a new frame may begin: its size, the camera's quota, and a slot. This is the one place
 * where load is shed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"
#include "dataplane/stream.h"

/* How many pixels the picture has, from what the packet says and what is configured.
 *
 * RTP/JPEG carries sizes in units of 8 pixels below 2048 (RFC 2435, 3.1.5); 0: not said. A
 * configured size that agrees with that, rounded up to 8 and modulo 2048, is the true one. Sets
 * *flags for a frame. */
enum gw_drop admission_size(const struct gw_camera_config *camera, const struct rtp_jpeg *jpeg,
	uint16_t *width, uint16_t *height, uint32_t *flags);

/* What admission_slot() may return besides drop reasons: nothing was decided, ask again later. */
#define ADMISSION_WAIT GW_DROP_COUNT

/* Takes a slot for a picture of that size.
 *
 * A camera that has its quota of frames on the way loses the oldest that still waits for its
 * decoder, or else the new one. `lossless`: ADMISSION_WAIT instead of any loss that time would
 * heal. */
enum gw_drop admission_slot(struct stream *stream, struct gw_pool *pool, bool lossless,
	uint16_t width, uint16_t height, struct gw_frame **frame);

/* Remembers a frame that is about to be passed on: it may be shed while it waits. */
void admission_passed_on(struct stream *stream, struct gw_frame *frame);
