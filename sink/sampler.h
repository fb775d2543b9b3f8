/* Which frames of a camera also go out as pictures: every n-th, one whenever somebody asks, and
 * those that models do not agree about. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One per camera; all zero at the start. Sink thread only. */
struct sampler {
	uint32_t since; /* frames after the last one that was due; 0: none was due yet */
};

/* Decides on the next well frame. The first one is due, then every `every`-th; 0: none. A frame
 * that was asked for (`now`) is due as well and does not disturb the count. */
bool sampler_due(struct sampler *sampler, uint32_t every, bool now);

/* Whether models disagree about a frame as much as it takes to look at it: `disagreement` of its
 * result, below 0 without an ensemble, is at least `least`; 0: none is sampled for that. */
static inline bool sampler_doubts(float disagreement, float least)
{
	return least > 0 && disagreement >= least;
}
