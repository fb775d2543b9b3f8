/* One look of a model at a frame: at its picture, or at a part of it.
 *
 * A job has a result of its own, so that what several models say of a frame at the same time, each
 * on its engine's thread, need not meet. What becomes of the results is accel/visit.h's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accel/answers/windows.h"
#include "core/config/config.h"
#include "core/frame.h"
#include "core/surface.h"

#define JOBS 1024 /* that a lane may have at a time */
#define JOB_REST \
	(4u << 20) /* bytes of a job, and what its findings may have beyond their fixed part, less \
		    */

struct job {
	/* Set by who makes it; read-only while a batcher has it, but for `surface` and `next`. */
	struct gw_frame *frame;
	struct gw_surface *surface; /* a reference of its own, until an engine has read it */
	const struct gw_region *seen; /* the part that the model sees; NULL: all of the picture */
	struct gw_region part; /* ... `seen` may point here */
	bool once; /* no other job will see that part: its geometry is not worth keeping */
	bool all; /* an ensemble's: every label counts, not the best few */
	bool compared; /* with its pair: what that takes beyond the result is wanted */
	int64_t arrival; /* gw_now() */

	struct job *next; /* in the list of whoever has it */
	uint16_t failed_on; /* devices that could not run it, by their bits */

	/* Written where its batch has ended, on the engine's thread. */
	enum gw_drop drop; /* GW_DROP_NONE: it is well, and `result` holds */
	int64_t began, ended; /* gw_now() of its batch; 0: it was in none */
	struct gw_result result; /* but for its model */

	/* The visit's (accel/visit.h). */
	struct visit *visit;
	struct job *lead; /* the job that it is an ensemble's part of; NULL: none */
	struct job *parts; /* of such a lead, by `sibling`; NULL: it looks itself */
	struct job *sibling; /* the next job of the same step, or part of the same lead */
	struct job *parent; /* whose finding number `of` it looks at; NULL: the picture */
	uint16_t of;
	uint16_t model; /* index into gw->models */
	uint8_t step;
	bool back; /* its batcher has given it back */
	const struct route *route; /* that led to its model */
	struct job *pair; /* of the route's other version, on the same part; NULL: none */
	bool tried; /* the route's canary has it */
	bool beside; /* it only is compared with its pair */
	bool again; /* the canary could not do it, and the stable version looked */
	float disagreement; /* of a lead: 0 .. 1 */
	uint16_t first, kept; /* where its findings begin in the frame's, and how many are there */

	void *rest; /* room for what findings have beyond their fixed part */
	uint32_t rest_size;
	struct windows *windows; /* room for what is compared of a better picture */
};

/* The jobs of a lane: reserved at start, touched by use only; the one that was used last is used
 * next. One thread. */
struct job_pool;

/* NULL: out of memory. */
struct job_pool *job_pool_create(void);

/* Jobs that are out are abandoned. Accepts NULL. */
void job_pool_destroy(struct job_pool *jobs);

/* All zero but for its room; NULL: all are out. */
struct job *job_take(struct job_pool *jobs);
void job_put(struct job_pool *jobs, struct job *job);

/* Jobs that can be taken. */
uint32_t job_pool_left(const struct job_pool *jobs);

/* Empties the result and gives it its room. Whoever fills it in. */
void job_begin_result(struct job *job);

/* The surface was read. */
void job_drop_surface(struct job *job);
