/* Functions of single values, and which of them become the tail of the step that makes the values:
 * x -> x * clip(x + 3, 0, 6) * (1 / 6) is one chain from x on. A chain may be taken when nobody
 * else reads what lies within it. */
#include <string.h>

#include "accel/graph/operators.h"

#define NODES (2 * OP_TAIL)
#define READERS 4u /* a value with more of them is not within a chain */
#define TRIALS 200u /* to find one */

struct chain {
	struct op_tail tail[OP_TAIL];
	uint32_t tails;
	uint32_t node[NODES], nodes;
	uint32_t value[NODES]; /* that lie within, the last one included */
	uint32_t first; /* the value that it begins with */
	uint32_t other; /* the value of OP_TENSOR, or GRAPH_NONE */
};

struct search {
	const struct plan *plan;
	struct chain best;
	uint32_t trials;
};

static bool is_scalar(const struct plan_value *value)
{
	return value->data && value->shape.rank <= 4 && graph_elements(&value->shape) == 1;
}

static bool same_shape(const struct graph_shape *a, const struct graph_shape *b)
{
	return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof(a->dims[0])) == 0;
}

/* A bound of Clip: an attribute of old, an input of today. */
static bool take_bound(const struct plan *plan, const struct graph_node *node, const char *name,
	uint32_t input, float *bound)
{
	const struct plan_value *value = plan_in(plan, node, input);

	*bound = graph_float(node, name, *bound);
	if (value && !is_scalar(value))
		return false;
	if (value)
		*bound = value->data[0];
	return true;
}

bool plan_function(
	const struct plan *plan, const struct graph_node *node, struct op_tail *tail, bool *joins)
{
	const struct graph_operator *operator= node->operator;

	if (operator->lower != lower_function)
		return false;
	*joins = operator->most> 1 && operator->function != OP_CLIP;
	*tail = (struct op_tail){
		.function = operator->function, .a = operator->a, .b = operator->b };
	if (operator->a_name && operator->function != OP_CLIP)
		tail->a = graph_float(node, operator->a_name, operator->a);
	if (operator->b_name && operator->function != OP_CLIP)
		tail->b = graph_float(node, operator->b_name, operator->b);
	if (operator->function == OP_CLIP)
		return take_bound(plan, node, "min", 1, &tail->a) &&
			take_bound(plan, node, "max", 2, &tail->b);
	/* Cast: to float, or to whole numbers. */
	if (operator->function == OP_TRUNCATE)
		switch (graph_int(node, "to", 0)) {
		case ONNX_FLOAT32:
		case ONNX_FLOAT16:
		case ONNX_DOUBLE:
			tail->function = OP_SAME;
			return true;
		case ONNX_INT32:
		case ONNX_INT64:
			return true;
		default:
			return false;
		}
	return !*joins || node->inputs == 2;
}

uint32_t plan_reversed(uint32_t function)
{
	return function == OP_SUBTRACT  ? OP_SUBTRACT_FROM
		: function == OP_DIVIDE ? OP_DIVIDE_INTO
					: function;
}

static bool has_node(const struct chain *chain, uint32_t node)
{
	for (uint32_t i = 0; i < chain->nodes; i++)
		if (chain->node[i] == node)
			return true;
	return false;
}

static uint32_t readers_of(const struct graph *graph, uint32_t value)
{
	return graph->first_reader[value + 1] - graph->first_reader[value];
}

/* Whether all readers of the value are in the chain. */
static bool is_within(const struct graph *graph, const struct chain *chain, uint32_t value)
{
	if (readers_of(graph, value) != graph->value[value].uses)
		return false;
	for (uint32_t i = graph->first_reader[value]; i < graph->first_reader[value + 1]; i++)
		if (!has_node(chain, graph->reader[i]))
			return false;
	return true;
}

static bool is_closed(const struct graph *graph, const struct chain *chain)
{
	if (!is_within(graph, chain, chain->first))
		return false;
	for (uint32_t i = 0; i + 1 < chain->nodes; i++)
		if (!is_within(graph, chain, chain->value[i]))
			return false;
	return true;
}

static bool append(struct chain *chain, uint32_t function, uint32_t operand, float a, float b)
{
	if (chain->tails == OP_TAIL)
		return false;
	chain->tail[chain->tails++] = (struct op_tail){function, operand, a, b};
	return true;
}

/* `other` is x * number, of the x that the chain began with, and nobody else's. */
static bool append_scaled_first(
	const struct plan *plan, struct chain *chain, uint32_t function, uint32_t other)
{
	const struct graph *graph = plan->graph;
	bool joins;

	if (function != OP_MULTIPLY || chain->nodes + 2 > NODES)
		return false;
	for (uint32_t i = graph->first_reader[chain->first];
		i < graph->first_reader[chain->first + 1]; i++) {
		const struct graph_node *node = &graph->node[graph->reader[i]];
		struct op_tail tail;

		if (node->output[0] != other || graph->value[other].uses != 1 ||
			!plan_function(plan, node, &tail, &joins) || !joins ||
			tail.function != OP_MULTIPLY)
			continue;
		const uint32_t index = node->input[0] == chain->first ? 1 : 0;
		const struct plan_value *number = plan_in(plan, node, index);

		if (!number || !is_scalar(number))
			continue;
		chain->value[chain->nodes] = other;
		chain->node[chain->nodes++] = graph->reader[i];
		return append(chain, OP_MULTIPLY, OP_FIRST, 0, 0) &&
			append(chain, OP_MULTIPLY, OP_NUMBER, number->data[0], 0);
	}
	return false;
}

/* The second operand of a node that reads `current`. */
static bool append_joining(const struct plan *plan, struct chain *chain,
	const struct graph_node *node, uint32_t function, uint32_t current)
{
	const bool swapped = node->input[0] != current;
	const uint32_t other = node->input[swapped ? 0 : 1];

	if (other == GRAPH_NONE)
		return false;
	const struct plan_value *value = &plan->value[other];

	function = swapped ? plan_reversed(function) : function;
	if (is_scalar(value))
		return value->shape.rank <= plan->value[chain->first].shape.rank &&
			append(chain, function, OP_NUMBER, value->data[0], 0);
	if (other == chain->first)
		return append(chain, function, OP_FIRST, 0, 0);
	if (value->storage == GRAPH_NONE)
		return append_scaled_first(plan, chain, function, other);
	if (!same_shape(&value->shape, &plan->value[chain->first].shape) ||
		(chain->other != GRAPH_NONE && chain->other != other))
		return false;
	chain->other = other;
	return append(chain, function, OP_TENSOR, 0, 0);
}

/* Puts the node at the end, if it can stand there. */
static bool append_node(
	const struct plan *plan, struct chain *chain, uint32_t number, uint32_t current)
{
	const struct graph_node *node = &plan->graph->node[number];
	struct op_tail tail;
	bool joins;

	if (chain->nodes == NODES || !plan_function(plan, node, &tail, &joins))
		return false;
	/* What is whole is a value of its own: how it is divided depends on it. */
	if (tail.function == OP_TRUNCATE ||
		(plan->value[current].whole && tail.function != OP_SAME))
		return false;
	if (joins) {
		if (!append_joining(plan, chain, node, tail.function, current))
			return false;
	} else if (tail.function != OP_SAME &&
		!append(chain, tail.function, OP_NUMBER, tail.a, tail.b)) {
		return false;
	}
	if (chain->nodes == NODES)
		return false;
	chain->value[chain->nodes] = node->output[0];
	chain->node[chain->nodes++] = number;
	return true;
}

static void search(struct search *state, const struct chain *chain, uint32_t current)
{
	const struct graph *graph = state->plan->graph;

	if (chain->nodes > state->best.nodes && is_closed(graph, chain))
		state->best = *chain;
	if (readers_of(graph, current) > READERS ||
		readers_of(graph, current) != graph->value[current].uses)
		return;
	for (uint32_t i = graph->first_reader[current]; i < graph->first_reader[current + 1]; i++) {
		struct chain longer = *chain;
		const uint32_t number = graph->reader[i];

		if (state->trials == 0)
			return;
		state->trials--;
		if (!state->plan->done[number] && !has_node(chain, number) &&
			append_node(state->plan, &longer, number, current))
			search(state, &longer, longer.value[longer.nodes - 1]);
	}
}

/* Takes what the search has found. Returns the last value. */
static uint32_t take(struct plan *plan, const struct chain *chain)
{
	const struct graph_shape shape = plan->value[chain->first].shape;

	for (uint32_t i = 0; i < chain->nodes; i++)
		plan->done[chain->node[i]] = true;
	if (chain->nodes == 0)
		return chain->first;
	const uint32_t last = chain->value[chain->nodes - 1];

	plan->value[last].shape = shape;
	return last;
}

/* The longest chain from `chain->first` on, behind what is in the tail already. */
static uint32_t extend(struct plan *plan, struct chain *chain)
{
	struct search state = {.plan = plan, .best = *chain, .trials = TRIALS};

	search(&state, chain, chain->first);
	*chain = state.best;
	return take(plan, chain);
}

void plan_finish(struct plan *plan, uint32_t step, uint32_t value)
{
	struct chain chain = {.first = value, .other = GRAPH_NONE};
	uint32_t last = value;

	chain.tails = plan_job(plan, step)->tails;
	memcpy(chain.tail, plan_job(plan, step)->tail, sizeof(chain.tail));
	if (!plan->folding) {
		/* For the chain OP_FIRST is the value, not what its own tail began with. With no
		 * room for that, there is none for whatever would read it. */
		if (chain.tails > 0)
			append(&chain, OP_KEEP, OP_NUMBER, 0, 0);
		last = extend(plan, &chain);
		if (chain.nodes == 0)
			chain.tails = plan_job(plan, step)->tails;
		/* From there on once more, for what needs that value twice. */
		struct chain again = {.first = last, .other = chain.other, .tails = chain.tails};

		memcpy(again.tail, chain.tail, sizeof(again.tail));
		if (append(&again, OP_KEEP, OP_NUMBER, 0, 0)) {
			last = extend(plan, &again);
			if (again.nodes > 0)
				chain = again;
		}
	}
	struct op_job *job = plan_job(plan, step);

	memcpy(job->tail, chain.tail, sizeof(job->tail));
	job->tails = chain.tails;
	plan_point(plan, step, PLAN_FIELD(out), plan_make_room(plan, last));
	if (chain.other != GRAPH_NONE)
		plan_read(plan, step, PLAN_FIELD(other), chain.other);
}
