/* Which frames of a camera also go out as pictures: every n-th, one every so many seconds, one
 * whenever somebody asks, those that show something that was named, and those that models are not
 * sure of or do not agree about; in all so many bytes a second. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gw;
struct gw_frames_topic_config;
struct gw_result;

/* One per camera; all zero at the start. Sink thread only. */
struct sampler {
	uint32_t since; /* frames after the last one that was due; 0: none was due yet */
	int64_t again; /* gw_now(): when the next one is due by time */
	int64_t credit; /* bytes that may be sent; below 0: the last picture took more */
	int64_t credited; /* gw_now() of `credit` */
};

/* Decides on the next well frame. The first one is due, then every `every`-th; 0: none. A frame
 * that was asked for (`now`) is due as well and does not disturb the count. */
bool sampler_due(struct sampler *sampler, uint32_t every, bool now);

/* The first frame is due, then the first one of every `seconds` at `now` (gw_now()). */
bool sampler_timely(struct sampler *sampler, uint32_t seconds, int64_t now);

/* Whether a frame shows one of the labels of `kafka.frames.classes`. Of a classification the first
 * class counts. */
bool sampler_shows(const struct gw *gw, const struct gw_result *result,
	const struct gw_frames_topic_config *frames);

/* Whether something was found with a confidence below `least`, which tells what may be worth a
 * label. Of a classification the first class counts; a frame without a finding is none. */
bool sampler_unsure(const struct gw *gw, const struct gw_result *result, float least);

/* Whether models disagree about a frame as much as it takes to look at it: `disagreement` of its
 * result, below 0 without an ensemble, is at least `least`; 0: none is sampled for that. */
static inline bool sampler_doubts(float disagreement, float least)
{
	return least > 0 && disagreement >= least;
}

/* Whether the camera may send more at `now` (gw_now()) when `rate` bytes a second are allowed. A
 * picture may take more than there is, which those after it pay back: one that is larger than a
 * second's bytes must not wait for ever. */
bool sampler_affords(struct sampler *sampler, uint32_t rate, int64_t now);

/* Takes what a picture costs. */
static inline void sampler_pay(struct sampler *sampler, uint32_t bytes)
{
	sampler->credit -= bytes;
}
