/* Operators that change no value, only the shape, and those that make shapes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/operators.h"

/* The output is the input in that shape. */
static int reshape(struct plan *plan, const struct graph_node *node,
	const struct graph_shape *shape, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);

	if (graph_elements(shape) != graph_elements(&in->shape))
		return gw_error_set(error, -EINVAL, "the new shape has not as many elements");
	const int status = plan_shape(plan, node->output[0], shape, error);

	if (status == 0)
		plan_same(plan, node->output[0], node->input[0]);
	return status;
}

int lower_reshape(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	struct graph_shape shape = {0};
	uint64_t known = 1;
	int64_t dims[GRAPH_INTS];
	int open = -1;

	if (!in)
		return plan_refuse(error, "an input that is left out");
	const int count = plan_ints(plan, node, "shape", 1, dims, error);

	if (count < 0)
		return count;
	if (count > GRAPH_RANK)
		return plan_refuse(error, "so many dimensions");
	shape.rank = (uint32_t)count;
	for (int i = 0; i < count; i++) {
		if (dims[i] == 0 && (uint32_t)i < in->shape.rank)
			dims[i] = in->shape.dims[i];
		if (dims[i] == -1 && open < 0) {
			open = i;
			continue;
		}
		if (dims[i] <= 0 || dims[i] > (int64_t)GRAPH_ELEMENTS)
			return gw_error_set(error, -EINVAL, "the new shape is none");
		shape.dims[i] = (uint32_t)dims[i];
		known *= shape.dims[i];
		if (known > GRAPH_ELEMENTS)
			return gw_error_set(error, -EINVAL, "the new shape is none");
	}
	if (open >= 0)
		shape.dims[open] = (uint32_t)(graph_elements(&in->shape) / known);
	return reshape(plan, node, &shape, error);
}

int lower_flatten(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	int64_t axis = graph_int(node, "axis", 1);

	if (!in)
		return plan_refuse(error, "an input that is left out");
	axis = axis < 0 ? axis + in->shape.rank : axis;
	if (axis < 0 || axis > in->shape.rank)
		return gw_error_set(error, -EINVAL, "it has no such axis");
	struct graph_shape shape = {2, {1, 1}};

	for (uint32_t i = 0; i < in->shape.rank; i++)
		shape.dims[i >= axis] *= in->shape.dims[i];
	return reshape(plan, node, &shape, error);
}

/* The axes that are named, as bits. */
static int named_axes(const struct plan *plan, const struct graph_node *node, uint32_t rank,
	uint32_t *bits, struct gw_error *error)
{
	int64_t axes[GRAPH_INTS];
	const int count = plan_ints(plan, node, "axes", 1, axes, error);

	*bits = 0;
	for (int i = 0; i < count; i++) {
		const int axis = plan_axis(axes[i], rank, error);

		if (axis < 0)
			return axis;
		*bits |= 1u << axis;
	}
	return count;
}

int lower_squeeze(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	struct graph_shape shape = {0};
	uint32_t bits;

	if (!in)
		return plan_refuse(error, "an input that is left out");
	const int count = named_axes(plan, node, in->shape.rank, &bits, error);

	if (count < 0)
		return count;
	for (uint32_t i = 0; i < in->shape.rank; i++)
		if (count == 0 ? in->shape.dims[i] != 1 : !(bits & 1u << i))
			shape.dims[shape.rank++] = in->shape.dims[i];
	return reshape(plan, node, &shape, error);
}

int lower_unsqueeze(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	const struct graph_attribute *axes = graph_attribute(node, "axes");
	struct graph_shape shape = {0};
	uint32_t bits;

	if (!in)
		return plan_refuse(error, "an input that is left out");
	const uint64_t more = axes       ? axes->count
		: plan_in(plan, node, 1) ? graph_elements(&plan_in(plan, node, 1)->shape)
					 : 0;

	if (more + in->shape.rank > GRAPH_RANK)
		return plan_refuse(error, "so many dimensions");
	shape.rank = in->shape.rank + (uint32_t)more;
	const int count = named_axes(plan, node, shape.rank, &bits, error);

	if (count < 0)
		return count;
	for (uint32_t i = 0, from = 0; i < shape.rank; i++)
		shape.dims[i] =
			bits & 1u << i || from == in->shape.rank ? 1 : in->shape.dims[from++];
	return reshape(plan, node, &shape, error);
}

int lower_shape(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	float *data;

	if (!in)
		return plan_refuse(error, "an input that is left out");
	const struct graph_shape shape = {1, {in->shape.rank}};
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	data = calloc(in->shape.rank + 1, sizeof(data[0]));
	for (uint32_t i = 0; data && i < in->shape.rank; i++)
		data[i] = (float)in->shape.dims[i];
	plan_know(plan, node->output[0], data, true);
	return 0;
}

int lower_constant(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct graph_attribute *value = node->attributes == 1 ? node->attribute : NULL;
	struct graph_shape shape = {0};
	float *data;

	if (!value)
		return plan_refuse(error, "a constant without a value");
	if (value->value != GRAPH_NONE) {
		plan->value[node->output[0]].shape = plan->value[value->value].shape;
		plan_same(plan, node->output[0], value->value);
		/* It is placed among the weights as one of this plan's own. */
		const uint64_t count = graph_elements(&plan->value[value->value].shape);

		data = malloc((count + 1) * sizeof(data[0]));
		if (data)
			memcpy(data, plan->value[value->value].data, count * sizeof(data[0]));
		plan_know(plan, node->output[0], data, plan->value[value->value].whole);
		return 0;
	}
	const bool list =
		strcmp(value->name, "value_ints") == 0 || strcmp(value->name, "value_floats") == 0;

	if (list) {
		shape.rank = 1;
		shape.dims[0] = value->count;
	}
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	const bool whole = strncmp(value->name, "value_int", 9) == 0;

	data = calloc(GRAPH_INTS, sizeof(data[0]));
	for (uint32_t i = 0; data && i < (list ? value->count : 1); i++)
		data[i] = list  ? whole ? (float)value->ints[i] : value->floats[i]
			 : whole ? (float)value->i
				: value->f;
	plan_know(plan, node->output[0], data, whole);
	return 0;
}
