/* Frames that wait for work: a queue per camera, served in turn, so that a camera that sends much
 * makes no other wait.
 *
 * Frames belong to groups (the model that will see them), each served on its own. A frame can be
 * shed as long as it waits here; it is claimed when it is taken. The links are in the frames. All
 * zero is an object without frames. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/frame.h"

#define GW_TURN_GROUPS 32

struct gw_turns {
	/* Oldest first. The cameras whose oldest frame is of the same group stand in a ring, by
	 * their numbers. */
	struct gw_turns_camera {
		struct gw_frame *first, *last;
		uint32_t before, after;
	} camera[GW_CAMERAS];
	struct {
		bool waiting; /* somebody stands in the ring */
		uint32_t next; /* whose turn it is */
	} group[GW_TURN_GROUPS];
	uint32_t waiting; /* frames */
};

/* The frame waits, behind its camera's others. */
void gw_turns_add(struct gw_turns *turns, uint32_t group, struct gw_frame *frame);

/* Takes the oldest frame of the camera whose turn it is, claimed; one that was shed has failed.
 * NULL: none of that group waits. A camera's frames come in their order, whatever their groups. */
struct gw_frame *gw_turns_take(struct gw_turns *turns, uint32_t group);

/* Takes the camera's oldest frame if it was shed: it need not wait for its turn. NULL: it was not.
 */
struct gw_frame *gw_turns_take_shed(struct gw_turns *turns, uint32_t camera);
