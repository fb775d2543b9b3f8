/* The tables of the last few kinds of pictures that came, whatever their cameras. One thread. */
#pragma once

#include "accel/input/geometry.h"

#define GEOMETRIES 8

struct geometry_cache {
	struct geometry geometry[GEOMETRIES];
	struct geometry once; /* of the last part that is not asked for again */
	uint64_t asked[GEOMETRIES]; /* the count when it was last asked for */
	uint64_t count;
};

/* 0 or -ENOMEM. */
int geometry_cache_init(struct geometry_cache *cache, const struct model_input *input);

/* Accepts one that was never initialised (all zero). */
void geometry_cache_free(struct geometry_cache *cache);

/* The tables for such a picture, which last until the next call; `once`: the like will not come
 * again, and takes no other's place. NULL: the region lies outside of it. */
const struct geometry *geometry_cache_get(struct geometry_cache *cache,
	const struct gw_region *region, bool once, uint16_t source_width, uint16_t source_height,
	const struct gw_surface *surface);
