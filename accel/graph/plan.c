#include "accel/graph/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/operators.h"

/* Whoever goes on after a failure writes to these. */
#define FIRST_ROOM 32u

#define FOLD_MOST ((uint64_t)1 << 24) /* values of one plan */

static void take_constants(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->graph->values; i++) {
		const struct graph_value *value = &plan->graph->value[i];

		plan->value[i] = (struct plan_value){
			.shape = value->shape,
			.data = value->data,
			.whole = value->whole,
			.storage = GRAPH_NONE,
		};
	}
}

static int place_inputs(struct plan *plan, const struct graph_shape *shapes, struct gw_error *error)
{
	const struct graph *graph = plan->graph;

	for (uint32_t i = 0; i < graph->inputs; i++) {
		const struct graph_shape *stated = &graph->value[graph->input[i].value].shape;
		bool fits = stated->rank == shapes[i].rank;

		for (uint32_t k = 0; fits && k < stated->rank; k++)
			fits = stated->dims[k] == 0 || stated->dims[k] == shapes[i].dims[k];
		if (!fits)
			return gw_error_set(error, -EINVAL,
				"its input '%.60s' has another shape than it is to be run with",
				graph->input[i].name);
		const int status = plan_shape(plan, graph->input[i].value, &shapes[i], error);

		if (status != 0)
			return status;
		const uint32_t storage = plan_make_room(plan, graph->input[i].value);

		if (plan->failed)
			return 0;
		plan->storage[storage].first = 0;
	}
	return 0;
}

static int check_inputs(const struct plan *plan, const struct graph_node *node, bool *constant,
	struct gw_error *error)
{
	*constant = true;
	for (uint32_t i = 0; i < node->inputs; i++) {
		const struct plan_value *value = plan_in(plan, node, i);

		if (value && !value->data && value->storage == GRAPH_NONE)
			return gw_error_set(error, -ENOTSUP,
				"it reads an output of another node that is not made here");
		if (value && value->data && value->storage != GRAPH_NONE)
			return gw_error_set(error, -EINVAL, "its inputs are not in order");
		*constant = *constant && (!value || value->data);
	}
	return 0;
}

static int lower_node(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	bool constant;
	int status = check_inputs(plan, node, &constant, error);

	if (status != 0)
		return status;
	if (constant && node->operator->folds) {
		status = plan_fold(plan, node, error);
		if (status != -E2BIG)
			return status;
	}
	return node->operator->lower(plan, node, error);
}

static int lower_nodes(struct plan *plan, struct gw_error *error)
{
	for (uint32_t i = 0; i < plan->graph->nodes && !plan->failed; i++) {
		const struct graph_node *node = &plan->graph->node[i];

		if (plan->done[i])
			continue;
		const int status = lower_node(plan, node, error);

		if (status != 0) {
			gw_error_prefix(error, "%s '%s': ", node->operator->name, node->name);
			return status;
		}
	}
	return 0;
}

/* What a run must leave for the reader: a constant is copied. */
static int place_outputs(struct plan *plan, struct gw_error *error)
{
	const struct graph *graph = plan->graph;

	for (uint32_t i = 0; i < graph->outputs && !plan->failed; i++) {
		struct plan_value *value = &plan->value[graph->output[i].value];

		if (value->data && value->storage == GRAPH_NONE) {
			const struct plan_move move = {.rank = 1,
				.size = {(uint32_t)graph_elements(&value->shape)},
				.in = {1},
				.out = {1}};
			const uint32_t step = plan_add_map(plan, &move);
			const uint32_t storage = plan_add_storage(plan, move.size[0]);

			plan_read(plan, step, PLAN_FIELD(map.in), graph->output[i].value);
			plan_point(plan, step, PLAN_FIELD(out), storage);
			value->storage = storage;
		}
		if (value->storage == GRAPH_NONE)
			return gw_error_set(error, -ENOTSUP, "its output '%.60s' is not made here",
				graph->output[i].name);
		if (plan->failed)
			break;
		assert(plan->storage);
		plan->storage[value->storage].last = UINT32_MAX;
	}
	return 0;
}

static void note_places(struct plan *plan)
{
	const struct graph *graph = plan->graph;
	struct graph_plan *out = plan->out;

	for (uint32_t i = 0; i < graph->inputs; i++) {
		const struct plan_value *value = &plan->value[graph->input[i].value];

		out->input[i] =
			(struct graph_place){plan->storage[value->storage].at, value->shape};
	}
	for (uint32_t i = 0; i < graph->outputs; i++) {
		const struct plan_value *value = &plan->value[graph->output[i].value];

		out->output[i] =
			(struct graph_place){plan->storage[value->storage].at, value->shape};
	}
}

static int make(struct plan *plan, const struct graph_shape *inputs, struct gw_error *error)
{
	int status = place_inputs(plan, inputs, error);

	if (status == 0)
		status = lower_nodes(plan, error);
	if (status == 0)
		status = place_outputs(plan, error);
	if (status == 0 && plan->failed)
		status = gw_error_set(error, -ENOMEM, "out of memory for the model's plan");
	if (status == 0)
		status = plan_arrange(plan, error);
	if (status == 0)
		note_places(plan);
	return status;
}

int graph_plan_make(struct graph *graph, const struct graph_shape *inputs, struct graph_plan *out,
	struct gw_error *error)
{
	struct plan plan = {.graph = graph, .out = out, .fold_left = FOLD_MOST};

	*out = (struct graph_plan){.inputs = graph->inputs, .outputs = graph->outputs};
	out->input = calloc(graph->inputs + 1, sizeof(out->input[0]));
	out->output = calloc(graph->outputs + 1, sizeof(out->output[0]));
	plan.value = calloc(graph->values + 1, sizeof(plan.value[0]));
	plan.done = calloc(graph->nodes + 1, sizeof(plan.done[0]));
	out->step = calloc(FIRST_ROOM, sizeof(out->step[0]));
	out->job = calloc(FIRST_ROOM, sizeof(out->job[0]));
	out->room = FIRST_ROOM;
	int status = -ENOMEM;

	if (out->input && out->output && out->step && out->job && plan.value && plan.done) {
		take_constants(&plan);
		status = make(&plan, inputs, error);
	} else {
		gw_error_set(error, -ENOMEM, "out of memory for the model's plan");
	}
	if (status != 0)
		graph_one_line(error);
	for (uint32_t i = 0; plan.value && i < graph->values; i++)
		free(plan.value[i].owned);
	free(plan.value);
	free(plan.done);
	free(plan.storage);
	return status;
}

void graph_plan_settle(struct graph_plan *plan, uint32_t weights)
{
	for (uint32_t i = 0; i < plan->fixes; i++) {
		uint32_t *place =
			(uint32_t *)((char *)&plan->job[plan->fix[i].step] + plan->fix[i].field);

		*place += weights;
	}
	for (uint32_t i = 0; i < plan->inputs; i++)
		plan->input[i].at += weights;
	for (uint32_t i = 0; i < plan->outputs; i++)
		plan->output[i].at += weights;
}

void graph_plan_run(const struct graph_plan *plan, float *memory)
{
	for (uint32_t i = 0; i < plan->steps; i++)
		operators_reference(
			plan->step[i].kernel, plan->step[i].items, memory, plan->job, i);
}

void graph_plan_free(struct graph_plan *plan)
{
	free(plan->step);
	free(plan->job);
	free(plan->input);
	free(plan->output);
	free(plan->fix);
	*plan = (struct graph_plan){0};
}
