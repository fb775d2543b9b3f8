/* What cameras call a model, and which of its versions look at their pictures: the stable one, and
 * of a part of the frames the canary.
 *
 * A name with a version ("digits:3") is a route of its own, which always leads to that version. A
 * route that no camera's plan has any more is taken back (accel/retire.c), and its place is the
 * next one's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/overload.h"
#include "core/frame.h"

#define ROUTE_NAME 128
#define ROUTE_ALL 65536u /* a share: of so many frames */
#define ROUTE_COMPARED (ROUTE_ALL / 10) /* frames that both versions look at, of all, at most */

struct route {
	/* Steps of plans that have it, and who is just looking at it. From 0 to 1 only under the
	 * accel stage's `opening`: while it is not 0, the route stays what it is. Any thread. */
	_Atomic uint32_t users;
	_Atomic bool there; /* written by the thread that has `opening` */

	/* Written when it is not there, under the rollouts' lock, too; read under that lock, or by
	 * a user. */
	char name[ROUTE_NAME];
	uint16_t index; /* of gw->credits; never changes */

	/* Indices into gw->models; the canary looks at frames only while its share is not 0. Who
	 * rolls out (accel/rollout/rollout.h) writes, any thread reads: each is right for itself.
	 */
	_Atomic uint16_t stable, canary;
	_Atomic uint32_t share; /* frames of ROUTE_ALL that the canary looks at */
	_Atomic bool tried; /* the canary is there, whatever its share */

	/* Written by lane 0. */
	struct overload overload;
	uint64_t refused; /* frames of its cameras that were turned away where they begin */
};

static inline uint16_t route_stable(const struct route *route)
{
	return atomic_load_explicit(&route->stable, memory_order_acquire);
}

static inline bool route_is_there(const struct route *route)
{
	return atomic_load_explicit(&route->there, memory_order_acquire);
}

/* Becomes a user of a route that has others. False: it has none. Any thread. */
bool route_join(struct route *route);

/* Is its user no more. Any thread. */
void route_leave(struct route *route);

/* The version that looks at a frame: always the same for the same frame and share. Of each camera's
 * frames the share is spread evenly, also over every n-th of them. Any thread. */
uint16_t route_pick(const struct route *route, const struct gw_frame *frame);

/* Whether the stable version is to look, too, at a frame that is the canary's, so that what they
 * say can be compared. Any thread. */
bool route_compares(const struct route *route, const struct gw_frame *frame);

/* Whether that version looks at any of its frames. Any thread. */
bool route_leads_to(const struct route *route, uint16_t model);

/* The canary; GW_NO_MODEL: there is none. Any thread. */
uint16_t route_canary(const struct route *route);
