/* All frames there will ever be, in size classes, so that 200 small cameras do not pay for one
 * large.
 *
 * Any thread takes frames and gives them back, without a lock. The slot that was used last is used
 * next: only as much memory is touched as frames were in flight at a time, unless `populate` asks
 * for all of it at once. A slot is as large as its pictures can become and costs what they were: a
 * slot that was never used is taken only while all that were used keep within a limit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/frame.h"

#define GW_SIZE_CLASSES 8

/* A frame is below 16 MiB: RTP/JPEG counts its bytes in 24 bits (RFC 2435, 3.1.2). */
#define GW_JPEG_LARGEST (16u << 20)

/* Slots for pictures of up to width x height pixels, whatever their shape. */
struct gw_size_class {
	uint16_t width, height;
	uint32_t count;
};

/* Bytes that a slot for such pictures takes. */
size_t gw_size_class_bytes(const struct gw_size_class *class);

struct gw_pool *gw_pool_create(const struct gw_size_class *classes, uint32_t class_count,
	bool populate, struct gw_error *error);

/* Every frame must be back or abandoned: no thread may touch one any more. Accepts NULL. */
void gw_pool_destroy(struct gw_pool *pool);

/* Takes a frame for a picture of width x height pixels out of the smallest class that holds so many
 * pixels; a larger class does not help out, or small cameras could starve the large ones. The frame
 * is FILLING and taken, has one reference and belongs to the caller; `camera` is noted for the
 * audit. NULL: errno is ENOBUFS when the class is used up (retry later), EMSGSIZE when no class is
 * large enough. Any thread. */
struct gw_frame *gw_pool_get(
	struct gw_pool *pool, uint32_t camera, uint16_t width, uint16_t height);

/* The same for a picture that outgrew the slot that it has: out of the next class with larger slots
 * that has one free, under the same version and as lossless. NULL: errno is ENOBUFS or EMSGSIZE.
 * Any thread. */
struct gw_frame *gw_pool_get_larger(struct gw_pool *pool, const struct gw_frame *frame);

/* Whether some class holds pictures of that size. */
bool gw_pool_fits(const struct gw_pool *pool, uint16_t width, uint16_t height);

/* Pixels by which a picture finds its class: decoders write whole blocks of 16 x 16. */
uint64_t gw_slot_pixels(uint16_t width, uint16_t height);

/* Slots of every class that may be used whatever the others have taken. */
#define GW_POOL_LEAST 2u

/* What pictures in that many slots of every class come to, UINT32_MAX: in all. */
uint64_t gw_pool_need(const struct gw_size_class *classes, uint32_t class_count, uint32_t slots);

/* Memory that pictures in slots may come to. Room for GW_POOL_LEAST slots of every class is set
 * aside until they are used: then they count as what their pictures come to. Without a call, as
 * much as there is. Main thread, before the first frame. */
void gw_pool_limit(struct gw_pool *pool, uint64_t bytes);

/* Memory that pictures have touched so far. Any thread. */
uint64_t gw_pool_bytes(const struct gw_pool *pool);

/* Frames in all classes: what a link must hold. */
uint32_t gw_pool_size(const struct gw_pool *pool);

/* Slots of a class. */
uint32_t gw_pool_class_size(const struct gw_pool *pool, uint32_t size_class);

/* Slots that were ever used: what lies in them takes memory. Any thread. */
uint32_t gw_pool_touched(const struct gw_pool *pool);

/* Counts the slots in use for `camera`, or for all cameras with UINT32_MAX. Any thread; a snapshot.
 */
uint32_t gw_pool_in_use(const struct gw_pool *pool, uint32_t camera);

/* Adds the slots in use of each camera below `cameras` to in_use[camera], in one pass. Any thread;
 * a snapshot. */
void gw_pool_count(const struct gw_pool *pool, uint32_t *in_use, uint32_t cameras);

/* Which frames were in use at a time, to learn when the last of them is gone, whatever took its
 * slot since. */
struct gw_pool_mark;

/* Notes those that are in use now: what was taken back from whoever makes frames lives on in these
 * at most. NULL: out of memory. Any thread; free() gives it back. */
struct gw_pool_mark *gw_pool_mark(const struct gw_pool *pool);

/* Whether all of them are gone. One thread at a time. */
bool gw_pool_has_passed(const struct gw_pool *pool, struct gw_pool_mark *mark);

/* Calls `visit` for every frame that is in use. Only when no stage runs any more. */
void gw_pool_visit(struct gw_pool *pool, void (*visit)(struct gw_frame *, void *), void *arg);
