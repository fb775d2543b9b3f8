/* Operators that put values elsewhere: one step for each source. */
#include <errno.h>
#include <string.h>

#include "accel/graph/operators.h"

/* A part of the value `from` (its elements in the order of `size`, by `in`) becomes the part of
 * `to` that begins at `out_at`. */
static void move_part(struct plan *plan, const struct plan_move *move, uint32_t from,
	uint64_t in_at, uint32_t to, uint64_t out_at)
{
	const uint32_t step = plan_add_map(plan, move);

	plan_job(plan, step)->map.in = (uint32_t)in_at;
	plan_job(plan, step)->out = (uint32_t)out_at;
	plan_read(plan, step, PLAN_FIELD(map.in), from);
	plan_read(plan, step, PLAN_FIELD(map.second), from);
	plan_point(plan, step, PLAN_FIELD(out), plan->value[to].storage);
}

/* All of the value, whose elements are those of the source in another order. */
static int move_all(struct plan *plan, const struct graph_node *node, struct plan_move *move,
	const struct graph_shape *shape, uint64_t in_at, struct gw_error *error)
{
	const int status = plan_shape(plan, node->output[0], shape, error);

	if (status != 0)
		return status;
	plan->value[node->output[0]].whole = plan->value[node->input[0]].whole;
	move->rank = shape->rank;
	memcpy(move->size, shape->dims, sizeof(move->size));
	plan_strides(shape, move->out);
	plan_make_room(plan, node->output[0]);
	move_part(plan, move, node->input[0], in_at, node->output[0], 0);
	return 0;
}

static int need_input(
	const struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	return plan_in(plan, node, 0) ? 0 : plan_refuse(error, "an input that is left out");
}

int lower_transpose(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct graph_attribute *order = graph_attribute(node, "perm");
	uint32_t strides[GRAPH_RANK], seen = 0;
	struct plan_move move = {0};
	struct graph_shape shape;

	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	const struct graph_shape from = plan_in(plan, node, 0)->shape;

	if (order && order->count != from.rank)
		return gw_error_set(error, -EINVAL, "its perm does not fit its input");
	plan_strides(&from, strides);
	shape.rank = from.rank;
	for (uint32_t i = 0; i < from.rank; i++) {
		const int64_t axis = order ? order->ints[i] : from.rank - 1 - i;

		if (axis < 0 || axis >= from.rank || (seen & 1u << axis))
			return gw_error_set(error, -EINVAL, "its perm is no order of axes");
		seen |= 1u << axis;
		shape.dims[i] = from.dims[axis];
		move.in[i] = strides[axis];
	}
	return move_all(plan, node, &move, &shape, 0, error);
}

/* The begin of a slice, and how many there are of it. */
static bool slice_axis(
	int64_t size, int64_t start, int64_t end, int64_t step, int64_t *count, int64_t *begin)
{
	if (step <= 0)
		return false;
	start = start < 0 ? start + size : start;
	end = end < 0 ? end + size : end;
	start = start < 0 ? 0 : start > size ? size : start;
	end = end < 0 ? 0 : end > size ? size : end;
	*begin = start;
	*count = end > start ? (end - start + step - 1) / step : 0;
	return true;
}

int lower_slice(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	int64_t starts[GRAPH_INTS], ends[GRAPH_INTS], axes[GRAPH_INTS], steps[GRAPH_INTS];
	uint32_t strides[GRAPH_RANK];
	struct plan_move move = {0};
	uint32_t seen = 0;
	uint64_t at = 0;

	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	struct graph_shape shape = plan_in(plan, node, 0)->shape;
	const int count = plan_ints(plan, node, "starts", 1, starts, error);
	const int ended = count < 0 ? count : plan_ints(plan, node, "ends", 2, ends, error);
	const int named = ended < 0 ? ended : plan_ints(plan, node, "axes", 3, axes, error);
	const int stepped = named < 0 ? named : plan_ints(plan, node, NULL, 4, steps, error);

	if (stepped < 0)
		return stepped;
	if (ended != count || (named != 0 && named != count) || (stepped != 0 && stepped != count))
		return gw_error_set(error, -EINVAL, "its starts, ends, axes and steps do not fit");
	plan_strides(&shape, strides);
	memcpy(move.in, strides, sizeof(move.in));
	for (int i = 0; i < count; i++) {
		const int axis = plan_axis(named ? axes[i] : i, shape.rank, error);
		int64_t length, begin;

		if (axis < 0)
			return axis;
		if (seen & 1u << axis)
			return gw_error_set(error, -EINVAL, "it names an axis twice");
		seen |= 1u << axis;
		if (!slice_axis(shape.dims[axis], starts[i], ends[i], stepped ? steps[i] : 1,
			    &length, &begin))
			return plan_refuse(error, "a slice from the end to the begin");
		at += (uint64_t)begin * strides[axis];
		move.in[axis] = (uint32_t)((stepped ? steps[i] : 1) * strides[axis]);
		shape.dims[axis] = (uint32_t)length;
	}
	return move_all(plan, node, &move, &shape, at, error);
}

/* A part along an axis: from `in_axis` of one value to `out_axis` of the other, `length` long. */
static void move_axis(struct plan *plan, uint32_t axis, uint32_t length, uint32_t from,
	uint32_t in_axis, uint32_t to, uint32_t out_axis)
{
	struct plan_move move = {.rank = plan->value[from].shape.rank};

	memcpy(move.size, plan->value[from].shape.dims, sizeof(move.size));
	move.size[axis] = length;
	plan_strides(&plan->value[from].shape, move.in);
	plan_strides(&plan->value[to].shape, move.out);
	move_part(plan, &move, from, (uint64_t)in_axis * move.in[axis], to,
		(uint64_t)out_axis * move.out[axis]);
}

int lower_concat(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	struct graph_shape shape = plan_in(plan, node, 0)->shape;
	const int axis = plan_axis(graph_int(node, "axis", 1), shape.rank, error);
	uint64_t sum = 0;
	bool whole = true;

	if (axis < 0)
		return axis;
	for (uint32_t i = 0; i < node->inputs; i++) {
		const struct plan_value *value = plan_in(plan, node, i);

		if (!value || value->shape.rank != shape.rank)
			return gw_error_set(error, -EINVAL, "its inputs do not fit each other");
		for (uint32_t k = 0; k < shape.rank; k++)
			if (k != (uint32_t)axis && value->shape.dims[k] != shape.dims[k])
				return gw_error_set(
					error, -EINVAL, "its inputs do not fit each other");
		sum += value->shape.dims[axis];
		whole = whole && value->whole;
	}
	shape.dims[axis] = (uint32_t)(sum > GRAPH_ELEMENTS ? 0 : sum);
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	plan->value[node->output[0]].whole = whole;
	plan_make_room(plan, node->output[0]);
	for (uint32_t i = 0, at = 0; i < node->inputs; i++) {
		const uint32_t length = plan_in(plan, node, i)->shape.dims[axis];

		if (length > 0)
			move_axis(plan, (uint32_t)axis, length, node->input[i], 0, node->output[0],
				at);
		at += length;
	}
	return 0;
}

int lower_split(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	int64_t lengths[GRAPH_INTS];

	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	struct graph_shape shape = plan_in(plan, node, 0)->shape;
	const int axis = plan_axis(graph_int(node, "axis", 0), shape.rank, error);
	const int given = axis < 0 ? axis : plan_ints(plan, node, "split", 1, lengths, error);

	if (given < 0)
		return given;
	if (given != 0 && given != (int)node->outputs)
		return gw_error_set(error, -EINVAL, "its parts are not as many as its outputs");
	const uint32_t size = shape.dims[axis];
	const uint32_t each = (size + node->outputs - 1) / node->outputs;

	for (uint32_t i = 0, at = 0; i < node->outputs; i++) {
		const int64_t length = given ? lengths[i] : each < size - at ? each : size - at;

		if (length <= 0 || length > size - at)
			return gw_error_set(error, -EINVAL, "its parts do not fit its input");
		shape.dims[axis] = (uint32_t)length;
		const int status = plan_shape(plan, node->output[i], &shape, error);

		if (status != 0)
			return status;
		plan->value[node->output[i]].whole = plan->value[node->input[0]].whole;
		plan_make_room(plan, node->output[i]);
		/* `from` is as long as the part here. */
		struct plan_move move = {.rank = shape.rank};

		memcpy(move.size, shape.dims, sizeof(move.size));
		plan_strides(&plan->value[node->input[0]].shape, move.in);
		plan_strides(&shape, move.out);
		move_part(plan, &move, node->input[0], (uint64_t)at * move.in[axis],
			node->output[i], 0);
		at += (uint32_t)length;
	}
	return 0;
}

/* Blocks of channels become squares of pixels; done in the order of the source. */
int lower_depth_to_space(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	const int64_t side = graph_int(node, "blocksize", 0);
	const bool crd = graph_text_is(node, "mode", "CRD", false);

	if (!in || in->shape.rank != 4 || side < 1 || side > 64 ||
		in->shape.dims[1] % (side * side) != 0)
		return gw_error_set(error, -EINVAL, "its blocksize does not fit its input");
	const uint32_t b = (uint32_t)side, n = in->shape.dims[0], c = in->shape.dims[1] / (b * b);
	const uint32_t h = in->shape.dims[2], w = in->shape.dims[3];
	const struct graph_shape shape = {4, {n, c, h * b, w * b}};
	const int status = plan_shape(plan, node->output[0], &shape, error);
	struct plan_move move = {.rank = 6, .size = {n, b, b, c, h, w}};

	if (status != 0)
		return status;
	const uint32_t plane = h * b * w * b;

	move.out[0] = c * plane;
	move.out[1] = w * b;
	move.out[2] = 1;
	move.out[3] = plane;
	move.out[4] = b * w * b;
	move.out[5] = b;
	if (crd) {
		move.size[1] = c;
		move.size[2] = move.size[3] = b;
		move.out[1] = plane;
		move.out[2] = w * b;
		move.out[3] = 1;
	}
	const struct graph_shape order = {6, {n, move.size[1], move.size[2], move.size[3], h, w}};

	plan_strides(&order, move.in);
	plan_make_room(plan, node->output[0]);
	move_part(plan, &move, node->input[0], 0, node->output[0], 0);
	return 0;
}

int lower_expand(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	int64_t dims[GRAPH_INTS];
	uint32_t strides[GRAPH_RANK];
	struct plan_move move = {0};
	struct graph_shape shape;

	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	const struct graph_shape from = plan_in(plan, node, 0)->shape;
	const int count = plan_ints(plan, node, NULL, 1, dims, error);

	if (count < 0)
		return count;
	if (count > GRAPH_RANK)
		return plan_refuse(error, "so many dimensions");
	plan_strides(&from, strides);
	shape.rank = (uint32_t)count > from.rank ? (uint32_t)count : from.rank;
	for (uint32_t i = 0; i < shape.rank; i++) {
		const uint32_t back = shape.rank - i;
		const uint32_t own = back <= from.rank ? from.dims[from.rank - back] : 1;
		const int64_t wanted = back <= (uint32_t)count ? dims[(uint32_t)count - back] : 1;

		if (wanted < 1 || (own != 1 && wanted != 1 && wanted != own) ||
			wanted > (int64_t)GRAPH_ELEMENTS)
			return gw_error_set(error, -EINVAL, "its shape does not fit its input");
		shape.dims[i] = own == 1 ? (uint32_t)wanted : own;
		move.in[i] = own == 1 ? 0 : strides[from.rank - back];
	}
	return move_all(plan, node, &move, &shape, 0, error);
}

/* Of constant places: one part for each. */
int lower_gather(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	int64_t places[GRAPH_INTS];

	if (need_input(plan, node, error) != 0)
		return -ENOTSUP;
	const struct graph_shape from = plan_in(plan, node, 0)->shape;
	const int axis = plan_axis(graph_int(node, "axis", 0), from.rank, error);
	const int count = axis < 0 ? axis : plan_ints(plan, node, NULL, 1, places, error);

	if (count <= 0)
		return count < 0 ? count : plan_refuse(error, "an input that is left out");
	const bool scalar = plan_in(plan, node, 1)->shape.rank == 0;
	const struct plan_split split = plan_split_at(&from, (uint32_t)axis, (uint32_t)axis);
	struct graph_shape shape = {0};

	for (uint32_t i = 0; i < from.rank; i++)
		if (i != (uint32_t)axis || !scalar)
			shape.dims[shape.rank++] =
				i == (uint32_t)axis ? (uint32_t)count : from.dims[i];
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	plan->value[node->output[0]].whole = plan->value[node->input[0]].whole;
	plan_make_room(plan, node->output[0]);
	for (int i = 0; i < count; i++) {
		const int64_t place = places[i] < 0 ? places[i] + split.count : places[i];
		const struct plan_move move = {.rank = 2,
			.size = {split.outer, split.inner},
			.in = {split.count * split.inner, 1},
			.out = {(uint32_t)count * split.inner, 1}};

		if (place < 0 || place >= split.count)
			return gw_error_set(error, -EINVAL, "it reads beyond its input");
		move_part(plan, &move, node->input[0], (uint64_t)place * split.inner,
			node->output[0], (uint64_t)i * split.inner);
	}
	return 0;
}
