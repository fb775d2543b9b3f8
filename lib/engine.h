/* The engine from inside: a gateway of one camera without a network, whose accel stage is turned by
 * whoever has pictures in it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "core/gateway.h"
#include "core/surface.h"
#include "jpeg/probe.h"
#include "lib/decoders.h"
#include "lib/framegate.h"

/* Pictures that may be inside at a time: of the largest batches one runs, one waits and one is
 * being decoded. */
#define SEATS 192

struct run;

/* What a picture has while it is inside. */
struct seat {
	struct gw_surface surface; /* one reference is the seat's and stays */
	struct run *run;
	size_t index; /* of the run's pictures */
	bool starved; /* there was no memory to decode it */
	struct seat *next; /* of the free ones */
};

struct framegate {
	struct gw gw;
	struct gw_stage_ops accel; /* accel_stage, but for what is a daemon's */
	struct gw_lane *lane; /* of the accel stage */
	struct gw_link *in, *out; /* ... its way in and its way out */
	struct gw_camera *camera; /* the version that all pictures begin under */
	struct jpeg_limits limits;
	uint32_t group; /* pictures of a batch */
	struct framegate_model models[GW_MODELS];
	uint32_t model_count;
	struct decoders *decoders;

	/* Of everything below, and of the lane. */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* pictures are done, seats are free, or nobody leads */
	bool led; /* somebody waits for the lane's bell, and will turn the lane then */
	uint32_t heard; /* how often it had rung at the last look; who leads only */
	uint64_t sequence; /* of the next picture */
	struct seat *free;
	uint32_t hungry; /* runs that found no seat: they are the next to get some */
	char complaint[FRAMEGATE_ERROR]; /* why a model failed last */
	struct seat seats[SEATS];
};

/* Lets the lane do what it can, and gives what is done to the runs. The caller has the lock. */
void engine_turn(struct framegate *engine);

/* Decodes a picture, or lets it fail: lib/decoders.h. */
void engine_decode(void *owner, struct turbo_picture *picture, struct gw_frame *frame);

static inline struct seat *engine_seat(struct framegate *engine, const struct gw_frame *frame)
{
	return &engine->seats[frame->receipt - 1];
}
