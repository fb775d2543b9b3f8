/* What somebody sees who looks at a camera: its latest picture, and the record of the same frame.
 *
 * Who looks brings the memory: a piece of it is left where the camera's lane of the sink finds it,
 * and the next well frame is copied into it. While nobody looks, all that it costs is one relaxed
 * load per frame; while somebody does, a copy per look, and not more often than a person can see.
 * There is at most one piece with a lane and one that is kept of each camera, and those that nobody
 * asks about any more are freed; in all they keep within a bound.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"

struct gw_frame;

#define GW_VIEW_MEMORY (64u << 20) /* bytes of all pictures that are looked at */
#define GW_VIEW_KEPT_S 5 /* that a camera's is kept after somebody looked */

/* Both are one piece, so that neither can be another frame's: a MIME entity of two parts (RFC 2046,
 * 5.1), application/json and image/jpeg, each with its Content-Length. */
#define GW_VIEW_TYPE "multipart/mixed; boundary=framegate-d5c4f0b1a7e94c62"

enum gw_view_state {
	GW_VIEW_EMPTY, /* a lane has it, or will */
	GW_VIEW_FULL,
	GW_VIEW_SMALL, /* what came does not fit: `need` */
};

/* Read-only once it is full. */
struct gw_view {
	struct gw_views *views;
	_Atomic int state; /* enum gw_view_state; the lane's last word, who looks reads it */
	uint32_t refs; /* under the lock of `views` */
	size_t room; /* bytes */
	size_t need; /* ... that it takes; of a small one, that it would have */
	char camera[GW_NAME];
	uint64_t sequence; /* of the frame */
	int64_t kept; /* gw_now() */
	const char *record, *jpeg; /* within `bytes` */
	size_t record_size, jpeg_size;
	char bytes[]; /* `need` of them, as GW_VIEW_TYPE says */
};

/* Of one camera's slot. Under the lock. */
struct gw_view_place {
	int64_t asked; /* gw_now() of the last look; 0: nobody looks */
	struct gw_view *out; /* with the lane */
	struct gw_view *kept; /* the latest */
	size_t room; /* what the next one is likely to take; 0: nobody knows */
};

struct gw_views {
	/* Written by who looks, exchanged for NULL by the lane, or by who takes it back: whoever
	 * has it out has it. */
	_Atomic(struct gw_view *) wanted[GW_CAMERAS];
	pthread_mutex_t lock; /* of all that follows; no lane takes it */
	struct gw_view_place place[GW_CAMERAS];
	size_t bytes, limit;
};

/* NULL when out of memory. */
struct gw_views *gw_views_create(size_t limit);

/* No lane runs, and no reference is left. Accepts NULL. */
void gw_views_destroy(struct gw_views *views);

/* Whether the camera's next well frame is to be kept. The sink's lane of the camera. */
static inline bool gw_view_is_wanted(const struct gw_views *views, uint32_t camera)
{
	return atomic_load_explicit(&views->wanted[camera], memory_order_relaxed) != NULL;
}

/* Keeps the frame's picture with its record, if that is still wanted. Copies; neither waits nor
 * allocates. The sink's lane of the frame's camera. */
void gw_view_put(struct gw_views *views, const struct gw_frame *frame, const char *camera,
	const char *record, size_t record_size, int64_t now);

/* Looks at a camera: gives a reference to its latest picture, and has the next one kept. `name` is
 * whose the slot `camera` is. Returns 0; or, with `view` as it was, -EAGAIN: there is none yet, the
 * next frame brings one; -ENOBUFS: so many others are looked at that there is no memory for this
 * one; -ENOMEM. Any thread but a lane. */
int gw_views_look(struct gw_views *views, uint32_t camera, const char *name, int64_t now,
	const struct gw_view **view);

/* Gives a reference to its latest picture as it is, and has no other kept; NULL: there is none. As
 * above. */
const struct gw_view *gw_views_kept(struct gw_views *views, uint32_t camera, const char *name);

/* Gives a reference back. As above. */
void gw_view_unref(const struct gw_view *view);

/* Frees what nobody has asked about for a while. As above, about every second. */
void gw_views_upkeep(struct gw_views *views, int64_t now);
