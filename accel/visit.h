/* A frame's way through its camera's plan: which jobs it takes, and what becomes of their results.
 *
 * A step begins when the one whose boxes it looks at has ended, and all that look at the picture
 * begin at once. When the last job is back, what they found is put into the frame, step by step and
 * the best first, so that the same picture always gives the same record. One thread.
 */
#pragma once

#include "accel/batcher.h"
#include "accel/figures.h"
#include "accel/job.h"
#include "accel/plan.h"

struct visits;

/* The visits of a lane, whose jobs go to its batchers, by models. NULL: out of memory. */
struct visits *visits_create(struct batcher *const *batchers);

/* Frames that are inside are abandoned. Accepts NULL. */
void visits_destroy(struct visits *visits);

/* How the models fare. Any thread, to read. */
struct figures *visits_figures(const struct visits *visits);

/* Begins with a frame that the plan has a step for; `region`, which must stay, is what its models
 * see of the picture (NULL: all). False: as many jobs as it may need are not free; later. */
bool visit_begin(struct visits *visits, struct gw_frame *frame, const struct plan *plan,
	const struct gw_region *region, int64_t now);

/* Takes away from a canary what it has kept too long; its batcher gives that back at once. Pictures
 * are kept for others that look with it, too, until it is a canary no more. */
void visits_look_after(struct visits *visits, uint32_t model, int64_t now);

/* A job has come back. The frame, when it was the last: it has its result, or has failed; NULL
 * otherwise. */
struct gw_frame *visit_continue(struct visits *visits, struct job *job, int64_t now);
