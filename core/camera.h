/* The cameras of a running gateway: added, changed and removed while it runs.
 *
 * A camera is a version: a struct that never changes and is replaced as a whole, in a table of
 * GW_CAMERAS slots. A frame keeps the version that it began under. What is counted stays with the
 * slot, and the frame number goes on when a name comes back, so that no id is given twice. A slot
 * whose camera was removed is used again only when nothing of it is in flight, waiting or held.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/admission.h"
#include "core/config/config.h"
#include "core/counter.h"
#include "core/error.h"
#include "core/fit.h"
#include "core/orientation.h"

struct gw;

#define GW_NO_CAMERA UINT32_MAX
#define GW_NO_ROUTE UINT16_MAX
#define GW_STAGES_MOST 8 /* what gw_camera.of has room for */

/* What a model makes of a camera's picture. */
struct gw_want {
	uint16_t route; /* of gw->credits: what the frame is counted for; GW_NO_ROUTE: nothing */
	uint16_t width, height; /* of its input, pixels */
	enum gw_fit fit; /* how the picture is fitted into it */
	uint16_t resize; /* of gw_fit_resize() */
	bool antialias; /* a pixel of the input is the average of what it covers */
	bool gray; /* grey is enough, for all of the camera's models */
	bool full; /* parts of the picture are looked at closely: every pixel is wanted */
	uint32_t every; /* it looks at every n-th frame; 1: at each */
	const struct gw_region *region; /* the part that is seen; NULL: all of it */
	/* The picture is stored with rows for columns (core/orientation.h): of a frame's first
	 * want, for all that follow it. */
	bool swapped;
	const struct gw_want *next; /* the camera's next one; NULL: it is the last */
};

/* One version. Read-only once it is published, but for `frames`; owns its configuration. */
struct gw_camera {
	uint32_t id; /* its slot */
	uint32_t version; /* grows with every change of any camera */
	const struct gw_camera_config *config;

	/* What the stages made of it, by their index: camera_prepare() and camera_release(). */
	void *of[GW_STAGES_MOST];

	/* Set by the accel stage when it prepares: what the models make of it that look at the
	 * picture itself, so that a decoder may scale; NULL: none does. The first one is what the
	 * camera is counted for. */
	const struct gw_want *wants;
	uint16_t route; /* of the first; GW_NO_ROUTE: there is none */

	_Atomic uint32_t frames; /* that began under it and hold a slot */
	struct gw_camera *next; /* of the retired ones; control thread */
};

/* What is wanted of a frame's picture: the one place that asks the camera that it began under. The
 * first one is of a model that looks at this frame; the wants that follow may be of others that do.
 */
static inline struct gw_want gw_frame_want(const struct gw_frame *frame)
{
	const struct gw_camera *camera = frame->version;

	for (const struct gw_want *want = camera->wants; want; want = want->next) {
		if (want->every > 1 && frame->sequence % want->every != 0)
			continue;
		struct gw_want first = *want;

		first.swapped = gw_orientation_swaps(frame->orientation);
		first.next = want == camera->wants ? want->next : camera->wants;
		return first;
	}
	return (struct gw_want){.route = GW_NO_ROUTE};
}

enum gw_camera_state {
	GW_CAMERA_FREE, /* nobody's; the counters are those of who had it last */
	GW_CAMERA_LIVE,
	GW_CAMERA_LEAVING, /* removed; some of its frames are still on the way */
};

struct gw_camera_slot {
	/* NULL while no camera has the slot. Control writes, others read under gw_cameras_hold().
	 */
	_Atomic(struct gw_camera *) now;
	_Atomic uint32_t route; /* of `now`, for lanes; or GW_NO_ROUTE. Control writes. */
	_Atomic int state; /* enum gw_camera_state; control writes */
	char name[GW_NAME]; /* of whom the counters are; empty: never used. As `now`. */
	uint64_t first_sequence; /* that name's first frame number. As `now`. */

	/* As struct gw_frames_topic_config has them. Control writes, the sink reads. */
	_Atomic uint32_t sample_every, sample_seconds, sample_rate;
	_Atomic float sample_confidence, sample_disagreement;
	_Atomic bool sample_now; /* the API sets it, the sink exchanges it for false */

	/* Written by the lane of the camera's source. */
	struct gw_admission admission;
	struct gw_counter next_sequence;

	/* Frames that came out at the end, ever. Written by the sink's lane. */
	struct gw_counter through;

	uint64_t left; /* when it was left: order among all that were. Control thread. */
};

struct gw_cameras {
	/* Taken for writing by control while `now`, `name` and `first_sequence` of a slot change.
	 */
	pthread_rwlock_t lock;
	_Atomic uint32_t high; /* slots from here on were never used */
	_Atomic uint32_t count; /* live ones */

	/* Control thread. */
	uint32_t versions;
	uint64_t leavings;
	uint64_t sequence_floor; /* no name that had to be forgotten got as far */
	struct gw_camera *retired;

	struct gw_camera_slot slot[GW_CAMERAS];
};

/* NULL when out of memory. The stages must be closed, or never have run, when it is destroyed. */
struct gw_cameras *gw_cameras_create(void);
void gw_cameras_destroy(struct gw *gw);

/* Between these, versions and names that the caller sees stay. Not for lanes, which need none;
 * short.
 */
void gw_cameras_hold(const struct gw *gw);
/* As it, for a lane: false, at once, while a change is made. */
bool gw_cameras_try_hold(const struct gw *gw);
void gw_cameras_release(const struct gw *gw);

/* The version that holds; NULL: the slot has no camera. Control thread, or held: a lane knows the
 * versions that it was told of (camera_publish), and those of its frames. */
const struct gw_camera *gw_camera_now(const struct gw *gw, uint32_t id);

/* The slot of a live camera, or GW_NO_CAMERA. Control thread, or held. */
uint32_t gw_camera_find(const struct gw *gw, const char *name);

/* Whether a camera of that name was removed while some of its frames are still on the way. The
 * same.
 */
bool gw_camera_is_leaving(const struct gw *gw, const char *name);

/* How many slots were ever used: all that have something to count are below. Any thread. */
uint32_t gw_camera_high(const struct gw *gw);

/* Samples the pictures of the slot's camera as the configuration says now. Control thread. */
void gw_camera_set_sampling(struct gw *gw, uint32_t id);

/* Adds the camera, or changes the one of that name; takes a copy of `config`, which
 * gw_config_load() or gw_config_camera_parse() has checked. Returns 0 or a negative errno with a
 * line, and then nothing has changed: -EEXIST for what another camera claims, -ENOSPC when all
 * slots are used, -EBUSY while an older one of that name is still leaving, -ERANGE for pictures
 * that no frame slot holds. Control thread, or before the lanes run. */
int gw_camera_put(struct gw *gw, const struct gw_camera_config *config, struct gw_error *error);

/* What gw_camera_put() would find against it, as far as that can be told without the stages.
 * Nothing changes. Control thread, or held. */
int gw_camera_check(
	const struct gw *gw, const struct gw_camera_config *config, struct gw_error *error);

/* Removes the camera: its open frames are dropped, those on the way arrive. -ENOENT. As above. */
int gw_camera_remove(struct gw *gw, const char *name, struct gw_error *error);

/* Frees versions that nobody has any more, and slots that everything has left. Control thread, now
 * and then. */
void gw_cameras_upkeep(struct gw *gw);
