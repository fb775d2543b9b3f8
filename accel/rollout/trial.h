/* The canaries of a lane: which jobs they are given, and what becomes of those that they cannot do.
 *
 * A canary costs no frame: what it fails with, the stable version does; while it keeps what it was
 * given, it is given no more, and what it keeps too long is taken from it. One thread.
 */
#pragma once

#include "accel/figures.h"
#include "accel/route.h"
#include "core/clock.h"

/* A canary that has had pictures for so long and answered none: they are the stable version's, and
 * the rollout is over. */
#define TRIAL_STALL_NS (5 * GW_NS_PER_S)

struct trials {
	struct figures figures; /* any thread reads */
	struct {
		uint32_t out; /* jobs that it has */
		int64_t since; /* gw_now() when it was given the first, or gave one back */
	} canary[GW_MODELS];
};

/* The version that looks at a frame; `tried` says whether it is a canary. */
uint16_t trial_pick(const struct trials *trials, const struct route *route,
	const struct gw_frame *frame, int64_t now, bool *tried);

/* Whether a canary has kept what it was given too long. */
bool trial_stalls(const struct trials *trials, uint32_t canary, int64_t now);

/* A canary is given the job, whose model is set. */
void trial_begin(struct trials *trials, struct job *job, int64_t now);

/* A job has come back, a canary's or not. True: a canary could not do it, and the stable version,
 * which is its model from now on, is to look. */
bool trial_end(struct trials *trials, struct job *job, int64_t now);

/* Whether the stable version is to look, too, at what a canary was given. */
bool trial_wants_pair(const struct job *job);

/* Whether it is long since the canary had anything: nobody tries it any more. */
bool trial_rests(const struct trials *trials, uint32_t canary, int64_t now);

/* Compares the answers of a pair when both are back. */
void trial_compare(struct trials *trials, const struct job *job);
