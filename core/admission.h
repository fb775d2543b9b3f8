/* Where a frame begins, whatever its source: quota, shedding, waiting.
 *
 * Load is shed at one place. A camera that has its quota of frames on the way gives up its own
 * oldest one that still waits for work, or else the new one; a lossless source waits instead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/frame.h"

/* Frames of a camera that are remembered after they were passed on. */
#define GW_ADMITTED 128

/* What gw_admit() returns besides drop reasons: nothing was decided, ask again later. */
#define GW_ADMIT_WAIT GW_DROP_COUNT

/* One camera's at one source. Used by that source's thread alone. */
struct gw_admission {
	uint64_t passed_on; /* frames, ever */
	uint64_t oldest; /* the oldest that may still wait: oldest .. passed_on - 1 */
	struct gw_admitted {
		struct gw_frame *frame;
		uint32_t ticket;
	} recent[GW_ADMITTED];
};

struct gw_camera;

struct gw_admission_rules {
	struct gw_pool *pool;
	struct gw_camera *camera; /* the version that the frame begins under: its quota holds */
	uint64_t through; /* frames of this source that came out at the sink, ever */
	bool lossless;
	bool yields; /* no other frame is shed for it */
};

/* Takes a slot for a picture of width x height pixels. Returns GW_DROP_NONE, or the reason why the
 * frame is refused: OVER_QUOTA, TOO_LARGE, NO_SLOT; or GW_ADMIT_WAIT in place of any that time
 * would heal, when `lossless`. The frame is counted by nobody yet. */
enum gw_drop gw_admit(struct gw_admission *admission, const struct gw_admission_rules *rules,
	uint16_t width, uint16_t height, struct gw_frame **frame);

/* Remembers a frame that is about to be passed on, and lets it be shed while it waits. */
void gw_admission_passed_on(struct gw_admission *admission, struct gw_frame *frame);
