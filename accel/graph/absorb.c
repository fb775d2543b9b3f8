/* Scales and shifts of channels that follow a convolution or product become part of its weights. */
#include <math.h>

#include "accel/graph/operators.h"

/* A constant for all channels, or one for each, `behind` dimensions before the last. */
static bool is_per_channel(
	const struct plan_value *value, uint32_t channels, uint32_t behind, uint32_t rank)
{
	const struct graph_shape *shape = &value->shape;
	const uint64_t count = graph_elements(shape);

	if (!value->data || shape->rank > rank)
		return false;
	if (count == 1)
		return true;
	return count == channels && shape->rank > behind &&
		shape->dims[shape->rank - 1 - behind] == channels;
}

static void normalise(const struct plan *plan, const struct graph_node *node, uint32_t channels,
	float *scale, float *shift)
{
	const float epsilon = graph_float(node, "epsilon", 1e-5f);
	const float *gamma = plan_in(plan, node, 1)->data, *beta = plan_in(plan, node, 2)->data;
	const float *mean = plan_in(plan, node, 3)->data;
	const float *variance = plan_in(plan, node, 4)->data;

	for (uint32_t i = 0; i < channels; i++) {
		const float factor = gamma[i] / sqrtf(variance[i] + epsilon);

		scale[i] *= factor;
		shift[i] = (shift[i] - mean[i]) * factor + beta[i];
	}
}

static bool takes_normalisation(
	const struct plan *plan, const struct graph_node *node, uint32_t channels, uint32_t behind)
{
	if (node->operator->lower != lower_normalisation || behind != 2)
		return false;
	for (uint32_t i = 1; i < 5; i++) {
		const struct plan_value *value = plan_in(plan, node, i);

		if (!value || !value->data || graph_elements(&value->shape) != channels)
			return false;
	}
	return true;
}

/* Takes over the node, if it does no more than that. */
static bool absorb(struct plan *plan, const struct graph_node *node, uint32_t value,
	uint32_t channels, uint32_t behind, float *scale, float *shift)
{
	struct op_tail tail;
	bool joins;

	if (takes_normalisation(plan, node, channels, behind) && node->input[0] == value) {
		normalise(plan, node, channels, scale, shift);
		return true;
	}
	if (!plan_function(plan, node, &tail, &joins) || !joins)
		return false;
	const struct plan_value *other = plan_in(plan, node, node->input[0] == value ? 1 : 0);

	if (!other || !is_per_channel(other, channels, behind, plan->value[value].shape.rank) ||
		(tail.function != OP_ADD && tail.function != OP_MULTIPLY))
		return false;
	for (uint32_t i = 0; i < channels; i++) {
		const float number = other->data[graph_elements(&other->shape) == 1 ? 0 : i];

		if (tail.function == OP_ADD) {
			shift[i] += number;
		} else {
			scale[i] *= number;
			shift[i] *= number;
		}
	}
	return true;
}

uint32_t plan_absorb(struct plan *plan, uint32_t value, uint32_t channels, uint32_t behind,
	float *scale, float *shift)
{
	const struct graph *graph = plan->graph;

	while (graph->value[value].uses == 1 &&
		graph->first_reader[value + 1] - graph->first_reader[value] == 1) {
		const uint32_t number = graph->reader[graph->first_reader[value]];
		const struct graph_node *node = &graph->node[number];

		if (plan->done[number] ||
			!absorb(plan, node, value, channels, behind, scale, shift))
			break;
		plan->done[number] = true;
		plan->value[node->output[0]].shape = plan->value[value].shape;
		value = node->output[0];
	}
	return value;
}
