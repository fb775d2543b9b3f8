/* Nodes whose inputs are known are computed while a graph is planned, by the kernels as C. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/operators.h"

/* The one node's plan: its inputs are what runs write to elsewhere. */
static void give_inputs(struct plan *one, const struct graph_node *node)
{
	for (uint32_t i = 0; i < node->inputs; i++) {
		if (node->input[i] == GRAPH_NONE)
			continue;
		struct plan_value *value = &one->value[node->input[i]];

		if (value->storage == GRAPH_NONE && graph_elements(&value->shape) > 0)
			one->storage[plan_make_room(one, node->input[i])].first = 0;
	}
}

static void run(struct plan *one, const struct graph_node *node, float *memory)
{
	for (uint32_t i = 0; i < node->inputs; i++) {
		if (node->input[i] == GRAPH_NONE)
			continue;
		const struct plan_value *value = &one->value[node->input[i]];

		if (value->storage != GRAPH_NONE)
			memcpy(memory + one->storage[value->storage].at, value->data,
				graph_elements(&value->shape) * sizeof(float));
	}
	graph_plan_run(one->out, memory);
}

/* Takes an output out of the memory, if a step has made it. */
static void take_output(struct plan *one, uint32_t output, const float *memory)
{
	struct plan_value *value = &one->value[output];

	if (value->storage == GRAPH_NONE || value->owned)
		return;
	const uint64_t count = graph_elements(&value->shape);
	float *data = malloc((count + 1) * sizeof(float));

	if (data)
		memcpy(data, memory + one->storage[value->storage].at, count * sizeof(float));
	plan_know(one, output, data, value->whole);
}

static int compute(struct plan *one, const struct graph_node *node, struct gw_error *error)
{
	int status = node->operator->lower(one, node, error);

	if (status == 0 && !one->failed)
		status = plan_arrange(one, error);
	if (status != 0 || one->failed)
		return status;
	if (one->out->arena > one->fold_left)
		return -E2BIG;
	one->fold_left -= one->out->arena;
	float *memory = calloc((size_t)one->out->arena + OP_SLACK, sizeof(float));

	one->failed = !memory;
	if (memory) {
		run(one, node, memory);
		for (uint32_t i = 0; i < node->outputs; i++)
			take_output(one, node->output[i], memory);
	}
	free(memory);
	return 0;
}

/* Values that are read and written; 0: too many. */
static uint64_t cost(const struct plan *plan, const struct graph_node *node)
{
	uint64_t sum = 1;

	for (uint32_t i = 0; i < node->inputs; i++)
		if (plan_in(plan, node, i))
			sum += graph_elements(&plan_in(plan, node, i)->shape);
	return sum > plan->fold_left ? 0 : sum;
}

/* Nothing of the one node's plan is left in the values. */
static void forget_storages(struct plan *one, const struct graph_node *node)
{
	for (uint32_t i = 0; i < node->inputs; i++)
		if (node->input[i] != GRAPH_NONE)
			one->value[node->input[i]].storage = GRAPH_NONE;
	for (uint32_t i = 0; i < node->outputs; i++)
		one->value[node->output[i]].storage = GRAPH_NONE;
}

int plan_fold(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const uint64_t values = cost(plan, node);
	struct graph_plan out = {.room = 4};
	struct plan one = *plan;
	int status = 0;

	if (values == 0)
		return -E2BIG;
	one.out = &out;
	one.folding = true;
	one.storages = 0;
	one.room_storages = GRAPH_INPUTS;
	one.storage = calloc(GRAPH_INPUTS, sizeof(one.storage[0]));
	out.step = calloc(out.room, sizeof(out.step[0]));
	out.job = calloc(out.room, sizeof(out.job[0]));
	one.failed = !out.step || !out.job || !one.storage;
	if (!one.failed) {
		give_inputs(&one, node);
		status = compute(&one, node, error);
		forget_storages(&one, node);
	}
	plan->failed = one.failed;
	plan->fold_left = one.fold_left - values < one.fold_left ? one.fold_left - values : 0;
	graph_plan_free(&out);
	free(one.storage);
	return status;
}
