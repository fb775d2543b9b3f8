#include "core/turns.h"

#include <stddef.h>

/* Behind all that stand in the ring of the camera's oldest frame. */
static void enter_ring(struct gw_turns *turns, uint32_t camera)
{
	struct gw_turns_camera *c = &turns->camera[camera];
	const uint32_t group = c->first->turn_group;

	if (!turns->group[group].waiting) {
		turns->group[group].waiting = true;
		turns->group[group].next = c->before = c->after = camera;
		return;
	}
	c->after = turns->group[group].next;
	c->before = turns->camera[c->after].before;
	turns->camera[c->before].after = camera;
	turns->camera[c->after].before = camera;
}

static void leave_ring(struct gw_turns *turns, uint32_t camera, uint32_t group)
{
	const struct gw_turns_camera *c = &turns->camera[camera];

	turns->camera[c->before].after = c->after;
	turns->camera[c->after].before = c->before;
	if (c->after == camera)
		turns->group[group].waiting = false;
	else if (turns->group[group].next == camera)
		turns->group[group].next = c->after;
}

void gw_turns_add(struct gw_turns *turns, uint32_t group, struct gw_frame *frame)
{
	struct gw_turns_camera *c = &turns->camera[frame->camera];

	frame->turn_group = (uint16_t)group;
	frame->turn_next = NULL;
	turns->waiting++;
	if (c->first) {
		c->last->turn_next = frame;
		c->last = frame;
		return;
	}
	c->first = c->last = frame;
	enter_ring(turns, frame->camera);
}

static struct gw_frame *take_from(struct gw_turns *turns, uint32_t camera)
{
	struct gw_turns_camera *c = &turns->camera[camera];
	struct gw_frame *frame = c->first;

	leave_ring(turns, camera, frame->turn_group);
	c->first = frame->turn_next;
	if (c->first)
		enter_ring(turns, camera);
	turns->waiting--;
	gw_frame_claim(frame);
	return frame;
}

struct gw_frame *gw_turns_take(struct gw_turns *turns, uint32_t group)
{
	return turns->group[group].waiting ? take_from(turns, turns->group[group].next) : NULL;
}

struct gw_frame *gw_turns_take_shed(struct gw_turns *turns, uint32_t camera)
{
	const struct gw_frame *first = turns->camera[camera].first;

	return first && gw_frame_claim_state(first) == GW_CLAIM_SHED ? take_from(turns, camera)
								     : NULL;
}
