/* What an engine does for batches of one size: the steps of a graph, one job of a kernel each, and
 * where in one piece of memory everything lies. Made at load; read-only afterwards.
 *
 * On the way, what does not change from picture to picture is computed, normalisation and factors
 * go into the weights of the convolutions before them, and functions of single values are done
 * where these are made (`tail` of the jobs).
 */
#pragma once

#include "accel/graph/graph.h"
#include "devices/kernels/operators/operators.h"

struct graph_step {
	enum operators_kernel kernel;
	uint32_t items[3]; /* work items */
};

/* An input or output in the memory. */
struct graph_place {
	uint32_t at;
	struct graph_shape shape;
};

struct graph_plan {
	uint32_t steps, room;
	struct graph_step *step;
	struct op_job *job; /* as many */
	uint32_t inputs, outputs; /* those of the graph, in its order */
	struct graph_place *input, *output;
	uint32_t arena; /* floats, without the weights */

	/* Numbers in jobs that are places in the arena. */
	struct graph_fix {
		uint32_t step, field, storage;
	} * fix;
	uint32_t fixes, room_fixes;
};

/* Plans the graph for inputs of those shapes, whose batch is their first dimension. 0, or a
 * negative errno with a line that names operator and node where one is not supported; the plan is
 * to be freed in either case. Adds to the graph's weights what kernels need. Slow. */
int graph_plan_make(struct graph *graph, const struct graph_shape *inputs, struct graph_plan *out,
	struct gw_error *error);

/* Says that the arena begins behind so many weights: once, when all plans of the graph are made.
 * Memory has weights, the arena and OP_SLACK. */
void graph_plan_settle(struct graph_plan *plan, uint32_t weights);

/* Does it as C, in memory that holds weights and inputs. Any thread. */
void graph_plan_run(const struct graph_plan *plan, float *memory);

/* Accepts one that is all zero. */
void graph_plan_free(struct graph_plan *plan);
