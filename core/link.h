/* A ring of frame pointers between two stages: one producer thread, one consumer thread.
 *
 * It holds at least as many pointers as the pool has frames, so a push cannot fail and there is no
 * back-pressure code: load is shed where frames begin, nowhere else.
 */
#pragma once

#include <stdint.h>

struct gw_frame;
struct gw_link;

/* Makes a link for up to `frames` pointers. NULL and errno on failure. */
struct gw_link *gw_link_create(const char *name, uint32_t frames);
void gw_link_destroy(struct gw_link *link);

/* Gives `count` frames to the consumer. Producer thread only. Aborts when more frames are pushed
 * than the link was made for: that is a frame pushed twice. */
void gw_link_push(struct gw_link *link, struct gw_frame *const *frames, uint32_t count);

/* Takes up to `count` frames, oldest first, and returns how many. Consumer thread only. */
uint32_t gw_link_pop(struct gw_link *link, struct gw_frame **frames, uint32_t count);

/* How many frames wait. Any thread; exact only for the consumer. */
uint32_t gw_link_count(const struct gw_link *link);
