/* The plans of a model for batches of every size, for an engine that runs them on whatever device.
 */
#pragma once

#include "accel/engine_plans/ports.h"

struct engine_plans {
	struct ports ports;
	struct graph_plan
		*plan; /* for 1 .. max_batch pictures, or one where that is fixed; settled */
	uint32_t count;
	struct graph graph; /* with the weights, until engine_plans_drop_graph() */
};

/* Reads the model of the spec and makes them, and puts the shapes of free outputs into the spec.
 * `engine` is what error lines call it. 0, or a negative errno with a line; engine_plans_close()
 * follows a failure too. Slow. */
int engine_plans_open(struct engine_plans *plans, const char *engine, struct infer_spec *spec,
	struct gw_error *error);

/* The device has the weights. */
void engine_plans_drop_graph(struct engine_plans *plans);

/* Which plan is for a batch of so many pictures, and how many the plan does. */
uint32_t engine_plans_number(const struct engine_plans *plans, uint32_t pictures);
uint32_t engine_plans_pictures(const struct engine_plans *plans, uint32_t number);

/* Accepts one that did not open (all zero). */
void engine_plans_close(struct engine_plans *plans);
