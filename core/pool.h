/* All frames there will ever be, in size classes, so that 200 small cameras do not pay for one
 * large.
 *
 * One thread takes frames (the dataplane's), one gives them back (the sink's). Memory is reserved
 * at creation and touched by first use, unless `populate` asks for all of it at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/frame.h"

#define GW_SIZE_CLASSES 8

/* Slots for pictures of up to width x height pixels. */
struct gw_size_class {
	uint16_t width, height;
	uint32_t count;
};

struct gw_pool *gw_pool_create(const struct gw_size_class *classes, uint32_t class_count,
	bool populate, struct gw_error *error);

/* Every frame must be back or abandoned: no thread may touch one any more. Accepts NULL. */
void gw_pool_destroy(struct gw_pool *pool);

/* Takes a frame for a picture of width x height pixels out of the smallest class that fits; a
 * larger class does not help out, or small cameras could starve the large ones. The frame is
 * FILLING, has one reference and belongs to the caller; `camera` is noted for the audit. NULL:
 * errno is ENOBUFS when the class is used up (retry later), EMSGSIZE when no class is large enough.
 * Dataplane thread only. */
struct gw_frame *gw_pool_get(
	struct gw_pool *pool, uint32_t camera, uint16_t width, uint16_t height);

/* Returns a frame that never left the dataplane. Dataplane thread only. */
void gw_pool_put_back(struct gw_pool *pool, struct gw_frame *frame);

/* Frames in all classes: what a link must hold. */
uint32_t gw_pool_size(const struct gw_pool *pool);

/* Counts the slots in use for `camera`, or for all cameras with UINT32_MAX. Any thread; a snapshot.
 */
uint32_t gw_pool_in_use(const struct gw_pool *pool, uint32_t camera);

/* Calls `visit` for every frame that is in use. Only when no stage runs any more. */
void gw_pool_visit(struct gw_pool *pool, void (*visit)(struct gw_frame *, void *), void *arg);
