/* What plans are made of: steps, storages, shapes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/plan_own.h"

#define STEPS_MOST 100000u

/* One more entry for an array; false: out of memory. */
static bool grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return true;
	const uint32_t more = *room ? 2 * *room : 32;
	void *larger = count < STEPS_MOST ? realloc(*array, more * size) : NULL;

	if (!larger)
		return false;
	*array = larger;
	*room = more;
	return true;
}

uint32_t plan_add_step(
	struct plan *plan, enum operators_kernel kernel, uint64_t x, uint64_t y, uint64_t z)
{
	struct graph_plan *out = plan->out;
	uint32_t room = out->room;

	if (!grow((void **)&out->step, out->steps, &room, sizeof(out->step[0])) ||
		!grow((void **)&out->job, out->steps, &out->room, sizeof(out->job[0]))) {
		plan->failed = true;
		return 0;
	}
	out->step[out->steps] =
		(struct graph_step){kernel, {(uint32_t)x, (uint32_t)y, (uint32_t)z}};
	memset(&out->job[out->steps], 0, sizeof(out->job[0]));
	return out->steps++;
}

uint32_t plan_add_storage(struct plan *plan, uint64_t elements)
{
	if (!grow((void **)&plan->storage, plan->storages, &plan->room_storages,
		    sizeof(plan->storage[0]))) {
		plan->failed = true;
		return GRAPH_NONE;
	}
	plan->storage[plan->storages] =
		(struct plan_storage){.size = (uint32_t)elements, .first = UINT32_MAX};
	return plan->storages++;
}

void plan_point(struct plan *plan, uint32_t step, uint32_t field, uint32_t storage)
{
	struct graph_plan *out = plan->out;

	if (plan->failed || storage == GRAPH_NONE ||
		!grow((void **)&out->fix, out->fixes / 4, &out->room_fixes,
			4 * sizeof(out->fix[0]))) {
		plan->failed = true;
		return;
	}
	out->fix[out->fixes++] = (struct graph_fix){step, field, storage};
	if (plan->storage[storage].first > step)
		plan->storage[storage].first = step;
	if (plan->storage[storage].last < step)
		plan->storage[storage].last = step;
}

/* A constant is a place among the weights, which needs no fix. */
void plan_read(struct plan *plan, uint32_t step, uint32_t field, uint32_t value)
{
	const struct plan_value *of = &plan->value[value];
	const uint64_t count = graph_elements(&of->shape);
	uint32_t at;

	if (plan->failed)
		return;
	if (of->storage != GRAPH_NONE) {
		plan_point(plan, step, field, of->storage);
		return;
	}
	if (of->data != plan->graph->value[value].data) {
		at = graph_add_weights(plan->graph, count);
		if (at != GRAPH_NONE)
			memcpy(plan->graph->weights + at, of->data, count * sizeof(float));
	} else {
		at = graph_place_constant(plan->graph, value);
	}
	plan->failed = at == GRAPH_NONE;
	if (!plan->failed)
		*(uint32_t *)((char *)plan_job(plan, step) + field) += at;
}

int plan_shape(
	struct plan *plan, uint32_t value, const struct graph_shape *shape, struct gw_error *error)
{
	const uint64_t elements = graph_elements(shape);

	plan->value[value].shape = *shape;
	if (elements == 0)
		return gw_error_set(
			error, -E2BIG, "what it makes is empty, or too large to be held");
	return 0;
}

uint32_t plan_make_room(struct plan *plan, uint32_t value)
{
	const uint32_t storage = plan_add_storage(plan, graph_elements(&plan->value[value].shape));

	plan->value[value].storage = storage;
	return storage;
}

void plan_same(struct plan *plan, uint32_t value, uint32_t other)
{
	const struct plan_value *of = &plan->value[other];

	plan->value[value].storage = of->storage;
	plan->value[value].data = of->data;
	plan->value[value].whole = of->whole;
}

void plan_know(struct plan *plan, uint32_t value, float *data, bool whole)
{
	plan->value[value].owned = data;
	plan->value[value].data = data;
	plan->value[value].whole = whole;
	plan->failed = plan->failed || !data;
}

const struct plan_value *plan_in(
	const struct plan *plan, const struct graph_node *node, uint32_t index)
{
	return index < node->inputs && node->input[index] != GRAPH_NONE
		? &plan->value[node->input[index]]
		: NULL;
}

int plan_ints(const struct plan *plan, const struct graph_node *node, const char *attribute,
	uint32_t input, int64_t ints[GRAPH_INTS], struct gw_error *error)
{
	const struct graph_attribute *of = attribute ? graph_attribute(node, attribute) : NULL;
	const struct plan_value *value = plan_in(plan, node, input);

	if (of) {
		memcpy(ints, of->ints, sizeof(of->ints));
		return (int)of->count;
	}
	if (!value)
		return 0;
	const uint64_t count = graph_elements(&value->shape);

	if (!value->data)
		return gw_error_set(error, -ENOTSUP,
			"one of its inputs changes from picture to picture, and must not here");
	if (count > GRAPH_INTS || value->shape.rank > 1)
		return gw_error_set(error, -ENOTSUP, "one of its inputs has too many numbers");
	for (uint64_t i = 0; i < count; i++) {
		if (!(value->data[i] >= -1e9f && value->data[i] <= 1e9f))
			return gw_error_set(error, -EINVAL, "one of its inputs is no number");
		ints[i] = (int64_t)value->data[i];
	}
	return (int)count;
}

int plan_axis(int64_t axis, uint32_t rank, struct gw_error *error)
{
	if (axis < 0)
		axis += rank;
	if (axis < 0 || axis >= rank)
		return gw_error_set(error, -EINVAL, "it has no such axis");
	return (int)axis;
}

int plan_refuse(struct gw_error *error, const char *what)
{
	return gw_error_set(error, -ENOTSUP, "%s is not supported here", what);
}

struct plan_split plan_split_at(const struct graph_shape *shape, uint32_t first, uint32_t last)
{
	struct plan_split split = {1, 1, 1};

	for (uint32_t i = 0; i < shape->rank; i++)
		*(i < first                ? &split.outer
				: i > last ? &split.inner
					   : &split.count) *= shape->dims[i];
	return split;
}

void plan_strides(const struct graph_shape *shape, uint32_t strides[GRAPH_RANK])
{
	uint32_t stride = 1;

	for (uint32_t i = shape->rank; i-- > 0;) {
		strides[i] = stride;
		stride *= shape->dims[i];
	}
}

int plan_need_picture(
	const struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);

	return in && in->shape.rank == 4 ? 0 : plan_refuse(error, "what is no picture");
}
