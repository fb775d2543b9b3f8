/* Operators that make one value of several, or of a picture one of another size. */
#include <errno.h>
#include <string.h>

#include "accel/graph/operators.h"

int lower_pool(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	struct plan_window w = {0};
	int status = plan_need_picture(plan, node, error);

	if (status != 0)
		return status;
	struct graph_shape shape = plan_in(plan, node, 0)->shape;
	const uint32_t size[] = {shape.dims[2], shape.dims[3]};

	status = plan_window(node, size, &w, error);
	if (status != 0)
		return status;
	/* Else a result has nothing to be made of. */
	for (int i = 0; i < 2; i++)
		if (w.before[i] >= w.kernel[i] || w.after[i] >= w.kernel[i] || w.dilation[i] != 1)
			return plan_refuse(error, "a padding or dilation of it");
	shape.dims[2] = w.out[0];
	shape.dims[3] = w.out[1];
	status = plan_shape(plan, node->output[0], &shape, error);
	if (status != 0)
		return status;
	const uint32_t planes = shape.dims[0] * shape.dims[1];
	const uint32_t step =
		plan_add_step(plan, OPERATORS_POOL, plan_runs(w.out[1]), w.out[0], planes);

	plan_job(plan, step)->pool = (struct op_pool){
		.planes = planes,
		.average = strcmp(node->operator->name, "AveragePool") == 0,
		.count_all = graph_int(node, "count_include_pad", 0) != 0,
		.in_width = size[1],
		.in_height = size[0],
		.out_width = w.out[1],
		.out_height = w.out[0],
		.kernel_width = w.kernel[1],
		.kernel_height = w.kernel[0],
		.stride_x = w.stride[1],
		.stride_y = w.stride[0],
		.dilation_x = w.dilation[1],
		.dilation_y = w.dilation[0],
		.left = w.before[1],
		.top = w.before[0],
		.right = w.after[1],
		.bottom = w.after[0],
		.runs = plan_runs(w.out[1]),
	};
	plan_read(plan, step, PLAN_FIELD(pool.in), node->input[0]);
	plan_finish(plan, step, node->output[0]);
	return 0;
}

/* Axes first .. last become one. */
static int reduce(struct plan *plan, const struct graph_node *node, uint32_t first, uint32_t last,
	enum op_reduction reduction, bool keep, struct gw_error *error)
{
	const struct graph_shape from = plan_in(plan, node, 0)->shape;
	const struct plan_split split = plan_split_at(&from, first, last);
	struct graph_shape shape = {0};

	for (uint32_t i = 0; i < from.rank; i++)
		if (i < first || i > last)
			shape.dims[shape.rank++] = from.dims[i];
		else if (keep)
			shape.dims[shape.rank++] = 1;
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	if (split.count == 0)
		return gw_error_set(error, -EINVAL, "its input is empty");
	const bool whole = plan_in(plan, node, 0)->whole;

	plan->value[node->output[0]].whole = whole || reduction == OP_REDUCE_ARGMAX;
	const bool alone = split.inner == 1;
	const uint32_t runs = plan_runs(alone ? split.outer : split.inner);
	const uint32_t step =
		plan_add_step(plan, OPERATORS_REDUCE, runs, alone ? 1 : split.outer, 1);

	plan_job(plan, step)->reduce = (struct op_reduce){
		.outer = split.outer,
		.count = split.count,
		.inner = split.inner,
		.reduction = reduction,
		.runs = runs,
	};
	if (whole && reduction == OP_REDUCE_MEAN) {
		struct op_job *job = plan_job(plan, step);

		job->tail[job->tails++].function = OP_TRUNCATE;
	}
	plan_read(plan, step, PLAN_FIELD(reduce.in), node->input[0]);
	plan_finish(plan, step, node->output[0]);
	return 0;
}

int lower_global_pool(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const bool average = strcmp(node->operator->name, "GlobalAveragePool") == 0;
	const int status = plan_need_picture(plan, node, error);

	return status == 0
		? reduce(plan, node, 2, 3, average ? OP_REDUCE_MEAN : OP_REDUCE_MAX, true, error)
		: status;
}

int lower_reduce(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	const bool place = node->operator->function == OP_REDUCE_ARGMAX;
	uint32_t bits = 0, first = 0, last;
	int64_t axes[GRAPH_INTS];
	int count = 1;

	if (!in || in->shape.rank == 0)
		return plan_refuse(error, "a reduction of one number");
	if (place)
		axes[0] = graph_int(node, "axis", 0);
	else
		count = plan_ints(plan, node, "axes", 1, axes, error);
	for (int i = 0; i < count; i++) {
		const int axis = plan_axis(axes[i], in->shape.rank, error);

		if (axis < 0)
			return axis;
		bits |= 1u << axis;
	}
	if (count < 0)
		return count;
	if (count == 0 && graph_int(node, "noop_with_empty_axes", 0) != 0)
		return plan_refuse(error, "noop_with_empty_axes");
	if (count == 0)
		bits = (1u << in->shape.rank) - 1;
	while (!(bits & 1u << first))
		first++;
	last = first;
	while (last + 1 < in->shape.rank && bits & 1u << (last + 1))
		last++;
	if (bits >> (last + 1) != 0)
		return plan_refuse(error, "a reduction along axes that are not side by side");
	return reduce(plan, node, first, last, node->operator->function,
		graph_int(node, "keepdims", 1) != 0, error);
}

int lower_softmax(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);
	const bool old = plan->graph->opset < 13; /* then it is along all axes from that one on */

	if (!in)
		return plan_refuse(error, "an input that is left out");
	const struct graph_shape shape = in->shape;
	const int axis = plan_axis(graph_int(node, "axis", old ? 1 : -1), shape.rank, error);

	if (axis < 0)
		return axis;
	const struct plan_split split =
		plan_split_at(&shape, (uint32_t)axis, old ? shape.rank - 1 : (uint32_t)axis);
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	const uint32_t step = plan_add_step(plan, OPERATORS_SOFTMAX, split.inner, split.outer, 1);

	plan_job(plan, step)->reduce = (struct op_reduce){
		.outer = split.outer, .count = split.count, .inner = split.inner};
	plan_read(plan, step, PLAN_FIELD(reduce.in), node->input[0]);
	plan_point(plan, step, PLAN_FIELD(out), plan_make_room(plan, node->output[0]));
	return 0;
}

/* A margin around the last two dimensions. */
int lower_pad(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0), *number = plan_in(plan, node, 2);
	const bool repeat = graph_text_is(node, "mode", "edge", false);
	const bool mirror = graph_text_is(node, "mode", "reflect", false);
	int64_t pads[GRAPH_INTS];
	const int count = in ? plan_ints(plan, node, "pads", 1, pads, error) : 0;

	if (count < 0)
		return count;
	if (!in || in->shape.rank < 2 || count != 2 * (int)in->shape.rank ||
		plan_in(plan, node, 3) ||
		(number && (!number->data || graph_elements(&number->shape) != 1)) ||
		(!repeat && !mirror && !graph_text_is(node, "mode", "constant", true)))
		return plan_refuse(error, "such a margin");
	struct graph_shape shape = in->shape;
	const uint32_t rank = shape.rank, height = shape.dims[rank - 2],
		       width = shape.dims[rank - 1];

	for (uint32_t i = 0; i < rank; i++) {
		const int64_t before = pads[i], after = pads[i + rank];

		if (before < 0 || after < 0 || before > 4096 || after > 4096 ||
			(i + 2 < rank && before + after > 0) ||
			(mirror && (before >= shape.dims[i] || after >= shape.dims[i])))
			return plan_refuse(error, "such a margin");
		shape.dims[i] += (uint32_t)(before + after);
	}
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	const uint32_t planes = (uint32_t)(graph_elements(&in->shape) / ((uint64_t)height * width));
	const uint32_t runs = plan_runs(shape.dims[rank - 1]);
	const uint32_t step =
		plan_add_step(plan, OPERATORS_PAD, runs, shape.dims[rank - 2], planes);

	plan_job(plan, step)->pad = (struct op_pad){
		.planes = planes,
		.in_width = width,
		.in_height = height,
		.out_width = shape.dims[rank - 1],
		.out_height = shape.dims[rank - 2],
		.left = (uint32_t)pads[rank - 1],
		.top = (uint32_t)pads[rank - 2],
		.edge = repeat   ? OP_EDGE_REPEAT
			: mirror ? OP_EDGE_MIRROR
				 : OP_EDGE_NUMBER,
		.number = number ? number->data[0] : graph_float(node, "value", 0),
		.runs = runs,
	};
	plan_read(plan, step, PLAN_FIELD(pad.in), node->input[0]);
	plan_finish(plan, step, node->output[0]);
	return 0;
}
