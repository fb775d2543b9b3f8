/* How models fare on the pictures that they are given, for whoever compares two versions.
 *
 * A lane's: its thread writes, any thread reads.
 */
#pragma once

#include "accel/job.h"
#include "core/counter.h"
#include "core/gateway.h"
#include "core/latency.h"

struct figures_model {
	struct gw_counter looked; /* jobs that came back, well or not */
	struct gw_counter failed; /* ... not well */
	struct gw_histogram took_us; /* those that were well: from their arrival to their result */
};

/* Of pictures that both of a route's versions have looked at. */
struct figures_route {
	struct gw_counter compared;
	struct gw_counter differed; /* the sum of how far they differ, FIGURES_ALL: altogether */
};

#define FIGURES_ALL 1000000.0

struct figures {
	struct figures_model model[GW_MODELS]; /* touched by use only */
	struct figures_route route[GW_ROUTES];
};

/* A job has come back. */
void figures_note(struct figures *figures, const struct job *job);

/* Begins anew, for another model. Nobody has a job of the one before any more. */
void figures_forget(struct figures *figures, uint32_t model);

/* The same of a route. */
void figures_forget_route(struct figures *figures, uint32_t route);

/* Notes how far two answers to one picture differ, 0 .. 1 (accel/answers/answers.h). */
void figures_compare(struct figures *figures, uint32_t route, float difference);

/* A version's or a pair's figures over all lanes. */
struct figures_sum {
	uint64_t looked, failed, compared, differed;
	struct gw_histogram took_us;
};

/* Adds a lane's figures of a model, and those of a route. Any thread. */
void figures_add(
	struct figures_sum *sum, const struct figures *figures, uint32_t model, uint32_t route);

/* Takes what was there before away from it. */
void figures_subtract(struct figures_sum *sum, const struct figures_sum *before);
