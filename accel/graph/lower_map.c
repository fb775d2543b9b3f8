/* Functions of single values, and operators that only put values elsewhere. */
#include <errno.h>
#include <string.h>

#include "accel/graph/operators.h"

uint32_t plan_add_map(struct plan *plan, const struct plan_move *move)
{
	struct plan_move m = {.rank = OP_RANK};
	uint32_t at = OP_RANK, runs;
	uint64_t lines = 1;

	for (uint32_t i = move->rank; i-- > 0;) {
		if (move->size[i] == 1)
			continue;
		const bool joined = at < OP_RANK && i + 1 < move->rank;

		if (joined && move->in[i] == m.in[at] * m.size[at] &&
			move->second[i] == m.second[at] * m.size[at] &&
			move->out[i] == m.out[at] * m.size[at]) {
			m.size[at] *= move->size[i];
			continue;
		}
		at--;
		m.size[at] = move->size[i];
		m.in[at] = move->in[i];
		m.second[at] = move->second[i];
		m.out[at] = move->out[i];
	}
	/* At least one: with nothing to go over, a stride does not matter. */
	if (at == OP_RANK) {
		at--;
		m.size[at] = m.out[at] = 1;
	}
	while (at-- > 0)
		m.size[at] = 1;
	runs = (m.size[OP_RANK - 1] + OP_LANES - 1) / OP_LANES;
	for (uint32_t i = 0; i + 1 < OP_RANK; i++)
		lines *= m.size[i];
	const uint32_t step = plan_add_step(plan, OPERATORS_MAP, lines * runs, 1, 1);
	struct op_map *map = &plan_job(plan, step)->map;

	memcpy(map->size, m.size, sizeof(map->size));
	memcpy(map->in_stride, m.in, sizeof(map->in_stride));
	memcpy(map->second_stride, m.second, sizeof(map->second_stride));
	memcpy(map->out_stride, m.out, sizeof(map->out_stride));
	map->lines = (uint32_t)lines;
	map->runs = runs;
	return step;
}

/* Strides of a source that is repeated where it has one and the result has more. */
static bool broadcast(
	const struct graph_shape *from, const struct graph_shape *to, uint32_t strides[GRAPH_RANK])
{
	uint32_t own[GRAPH_RANK];

	plan_strides(from, own);
	for (uint32_t i = 0; i < to->rank; i++) {
		const uint32_t missing = to->rank - from->rank;

		if (i < missing || from->dims[i - missing] == 1)
			strides[i] = 0;
		else if (from->dims[i - missing] == to->dims[i])
			strides[i] = own[i - missing];
		else
			return false;
	}
	return true;
}

static bool common_shape(
	const struct graph_shape *a, const struct graph_shape *b, struct graph_shape *shape)
{
	shape->rank = a->rank > b->rank ? a->rank : b->rank;
	for (uint32_t i = 0; i < shape->rank; i++) {
		const uint32_t from_last = shape->rank - i;
		const uint32_t x = a->rank >= from_last ? a->dims[a->rank - from_last] : 1;
		const uint32_t y = b->rank >= from_last ? b->dims[b->rank - from_last] : 1;

		if (x != y && x != 1 && y != 1)
			return false;
		shape->dims[i] = x == 1 ? y : x;
	}
	return true;
}

/* The values of two inputs, or of one, one by one. */
static int add_function(struct plan *plan, uint32_t output, uint32_t first, uint32_t second,
	const struct op_tail *function, struct gw_error *error)
{
	const struct plan_value *a = &plan->value[first];
	const struct plan_value *b = second == GRAPH_NONE ? a : &plan->value[second];
	struct plan_move move = {0};
	struct graph_shape shape;

	if (!common_shape(&a->shape, &b->shape, &shape))
		return gw_error_set(error, -EINVAL, "its inputs do not fit each other");
	const bool whole = a->whole && b->whole;
	const int status = plan_shape(plan, output, &shape, error);

	if (status != 0)
		return status;
	plan->value[output].whole = whole;
	move.rank = shape.rank;
	memcpy(move.size, shape.dims, sizeof(move.size));
	plan_strides(&shape, move.out);
	if (!broadcast(&a->shape, &shape, move.in) || !broadcast(&b->shape, &shape, move.second))
		return gw_error_set(error, -EINVAL, "its inputs do not fit each other");
	const uint32_t step = plan_add_map(plan, &move);
	struct op_job *job = plan_job(plan, step);

	job->map.function = function->function;
	job->map.a = function->a;
	job->map.b = function->b;
	if (whole && function->function == OP_DIVIDE)
		job->tail[job->tails++].function = OP_TRUNCATE;
	plan_read(plan, step, PLAN_FIELD(map.in), first);
	plan_read(plan, step, PLAN_FIELD(map.second), second == GRAPH_NONE ? first : second);
	plan_finish(plan, step, output);
	return 0;
}

/* The operand is a number: it is repeated by a function that takes one. */
static int add_number_function(struct plan *plan, uint32_t output, uint32_t input,
	const struct op_tail *function, struct gw_error *error)
{
	struct plan_move move = {.rank = plan->value[input].shape.rank};
	const struct graph_shape shape = plan->value[input].shape;
	const int status = plan_shape(plan, output, &shape, error);

	if (status != 0)
		return status;
	/* OP_SAME is the cast to float. */
	plan->value[output].whole = function->function == OP_TRUNCATE ||
		(function->function != OP_SAME && plan->value[input].whole);
	memcpy(move.size, shape.dims, sizeof(move.size));
	plan_strides(&shape, move.in);
	plan_strides(&shape, move.out);
	const uint32_t step = plan_add_map(plan, &move);
	struct op_job *job = plan_job(plan, step);

	job->tail[job->tails++] = *function;
	plan_read(plan, step, PLAN_FIELD(map.in), input);
	plan_read(plan, step, PLAN_FIELD(map.second), input);
	plan_finish(plan, step, output);
	return 0;
}

int lower_function(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	struct op_tail tail;
	bool joins;

	if (!plan_in(plan, node, 0) || !plan_function(plan, node, &tail, &joins))
		return plan_refuse(error, "what it is to do with these inputs");
	if (joins && !plan_in(plan, node, 1))
		return plan_refuse(error, "an input that is left out");
	if (joins)
		return add_function(
			plan, node->output[0], node->input[0], node->input[1], &tail, error);
	return add_number_function(plan, node->output[0], node->input[0], &tail, error);
}

/* x * clip(x / 6 + 0.5, 0, 1) */
int lower_hard_swish(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const uint32_t input = node->input[0];
	struct plan_move move = {0};

	if (input == GRAPH_NONE)
		return plan_refuse(error, "an input that is left out");
	const struct graph_shape shape = plan->value[input].shape;
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	move.rank = shape.rank;
	memcpy(move.size, shape.dims, sizeof(move.size));
	plan_strides(&shape, move.in);
	plan_strides(&shape, move.out);
	const uint32_t step = plan_add_map(plan, &move);
	struct op_job *job = plan_job(plan, step);

	job->tail[0] = (struct op_tail){OP_HARD_SIGMOID, OP_NUMBER, 1 / 6.0f, 0.5f};
	job->tail[1] = (struct op_tail){.function = OP_MULTIPLY, .operand = OP_FIRST};
	job->tails = 2;
	plan_read(plan, step, PLAN_FIELD(map.in), input);
	plan_read(plan, step, PLAN_FIELD(map.second), input);
	plan_finish(plan, step, node->output[0]);
	return 0;
}
