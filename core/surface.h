/* Decoded pictures: objects of their own, in the memory of a device, which live from the decoder to
 * the last model of their frame. The JPEG stays in the frame's slot.
 *
 * A pool has classes by bytes, each twice as large as the one before. Its memory is reserved and
 * not touched: what was used last is used next, so that as much is resident as pictures were
 * decoded and not yet inferred at a time, each as large as what was decoded of it.
 *
 * Memory of a device that is not the host's is taken from the device up to a budget, when a picture
 * first needs it, and kept; what is free of another size goes back when the budget is used up.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"
#include "core/error.h"
#include "core/frame.h"

enum gw_format { GW_FORMAT_GRAY, GW_FORMAT_RGB, GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444 };

#define GW_PLANES 3

struct gw_surface_pool;

/* RGB is packed, 3 bytes a pixel, in plane 0. `width` and `height` are those of the decoded
 * (perhaps DCT-scaled) picture in pixels, as it is stored; the frame's own are the source's, as it
 * is seen. Whoever has taken it describes and fills it; it is read-only once the frame is passed
 * on. */
struct gw_surface {
	struct gw_device *device;
	enum gw_format format;
	uint16_t width, height;
	uint32_t pitch[GW_PLANES]; /* bytes from row to row */
	uint8_t *plane[GW_PLANES]; /* NULL in memory that the host cannot read ... */
	size_t offset[GW_PLANES]; /* ... where a decoder says how far from its beginning they are */
	/* Of the camera's picture: how its pixels must be turned to be seen (core/orientation.h),
	   and whether its levels are 16 .. 235 and its colours 16 .. 240 instead of 0 .. 255. */
	uint8_t orientation;
	bool limited;
	uint8_t *room; /* the surface's memory: `capacity` bytes, 64-byte aligned; NULL: not the
			* host's
			*/
	void *object; /* ... then what the device's interface calls it: of OpenCL a cl_mem */
	size_t capacity;
	/* A picture that was left in a device's memory: its frame, of which the surface holds a
	   reference, so that it can be decoded once more should the device be lost: who is done
	   with the picture drops it, or neither goes. NULL: none. */
	struct gw_frame *frame;

	_Atomic uint32_t refs; /* it returns to its pool when the last one goes */
	struct gw_surface_pool *pool;
	uint32_t size_class;
};

/* Makes a pool in the device's memory for pictures of up to `largest` bytes; of each size there are
 * at least `least`. NULL and an error line on failure. */
struct gw_surface_pool *gw_surface_pool_create(
	struct gw_device *device, size_t largest, uint32_t least, struct gw_error *error);

/* The memory of a device that is not the host's. All functions: any thread. */
struct gw_surface_memory {
	/* 0, or -ENOMEM when the device has not got so much. */
	int (*reserve)(void *owner, size_t bytes, void **object);
	void (*release)(void *owner, void *object);

	/* Makes the same picture in a surface of the host, which the caller gets a reference of:
	 * copies it or, when the device is lost, decodes the frame's JPEG again. Waits. NULL when
	 * there is no memory, or neither can be done. */
	struct gw_surface *(*fetch)(void *owner, const struct gw_surface *surface);
	void *owner;
	size_t budget; /* bytes that surfaces have at most, all together */
	size_t largest; /* ... and one of them */
};

/* Makes a pool in that memory; surfaces have no `room` but an `object`. What is larger than it
 * allows is refused as too large. NULL and an error line on failure. */
struct gw_surface_pool *gw_surface_pool_create_in(
	struct gw_device *device, const struct gw_surface_memory *memory, struct gw_error *error);

/* Whether the picture lies in the host's memory, or can come there. */
bool gw_surface_reaches_host(const struct gw_surface *surface);

/* The same picture of one that does not lie there, as `fetch` of its memory. Any thread that holds
 * a reference; waits. */
struct gw_surface *gw_surface_fetch(const struct gw_surface *surface);

/* Every surface must be back or abandoned. Accepts NULL. */
void gw_surface_pool_destroy(struct gw_surface_pool *pool);

/* Takes a surface of at least so many bytes, with one reference. NULL: errno is ENOBUFS when all of
 * that size are in use (ask again later), EMSGSIZE when none is so large. Any thread. */
struct gw_surface *gw_surface_get(struct gw_surface_pool *pool, size_t bytes);

/* Takes one more reference: an engine that reads the picture longer than it was lent does. Any
 * thread that holds one may. */
void gw_surface_ref(struct gw_surface *surface);

/* Gives one reference back. Any thread. */
void gw_surface_unref(struct gw_surface *surface);

/* Surfaces in use. Any thread; a snapshot. */
uint32_t gw_surface_pool_in_use(const struct gw_surface_pool *pool);

/* Bytes of memory that were ever in use at most: what may be resident. Of a device: those that it
 * has given. Any thread; a snapshot. */
size_t gw_surface_pool_touched(const struct gw_surface_pool *pool);

/* Gives the frame's picture back, if it has one. The frame's owner only. */
static inline void gw_frame_drop_surface(struct gw_frame *frame)
{
	if (frame->surface)
		gw_surface_unref(frame->surface);
	frame->surface = NULL;
}
