/* What goes into a graph and what comes out of it, held against what model.yaml says. Any engine
 * that runs plans. */
#pragma once

#include "accel/graph/plan.h"
#include "accel/infer.h"

#define PORTS_INPUTS 2

struct ports {
	uint32_t inputs; /* the picture's, and that of its size where the model has one */
	uint32_t input[PORTS_INPUTS]; /* which of the graph's */
	uint32_t output[INFER_OUTPUTS];
	uint32_t fixed; /* pictures of every run; 0: any number */
};

/* Finds them by their names; `engine` is what error lines call it. 0 or a negative errno with a
 * line.
 */
int ports_find(struct ports *ports, const char *engine, const struct graph *graph,
	const struct infer_spec *spec, struct gw_error *error);

/* The shapes of the graph's inputs for so many pictures. */
void ports_shapes(const struct ports *ports, const struct infer_spec *spec, uint32_t count,
	struct graph_shape shapes[PORTS_INPUTS]);

/* Holds the outputs of the largest plan against the spec, and puts the shapes of those into it that
 * are free. 0 or a negative errno with a line. */
int ports_settle(const struct ports *ports, const struct graph_plan *plan, uint32_t count,
	struct infer_spec *spec, struct gw_error *error);
