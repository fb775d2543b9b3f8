/* Pictures of another size. */
#include <errno.h>
#include <string.h>

#include "accel/graph/operators.h"

/* Of the last two dimensions, the others must not grow. */
static int take_sizes(const struct plan *plan, const struct graph_node *node,
	struct graph_shape *shape, float scale[2], struct gw_error *error)
{
	const bool old = strcmp(node->operator->name, "Upsample") == 0;
	const struct plan_value *scales = plan_in(plan, node, old || node->inputs == 2 ? 1 : 2);
	int64_t sizes[GRAPH_INTS];
	const int count = old ? 0 : plan_ints(plan, node, NULL, 3, sizes, error);

	if (count < 0)
		return count;
	if (count != 4 && (!scales || !scales->data || graph_elements(&scales->shape) != 4))
		return plan_refuse(error, "a size that changes from picture to picture");
	for (uint32_t i = 0; i < 4; i++) {
		const uint32_t from = shape->dims[i];
		const float factor = count == 4 ? (float)sizes[i] / (float)from : scales->data[i];

		if (!(factor > 0 && factor <= 1024) || (i < 2 && factor != 1))
			return plan_refuse(error, "such a size");
		const double size = count == 4 ? (double)sizes[i] : (double)((float)from * factor);

		if (size > (double)GRAPH_ELEMENTS)
			return plan_refuse(error, "such a size");
		shape->dims[i] = (uint32_t)size;
		if (i >= 2)
			scale[i - 2] = factor;
	}
	return 0;
}

static int take_rounding(const struct graph_node *node)
{
	static const char *const names[] = {
		"floor", "round_prefer_floor", "round_prefer_ceil", "ceil"};
	const bool old = strcmp(node->operator->name, "Upsample") == 0;

	for (int i = 0; i < 4; i++)
		if (graph_text_is(node, "nearest_mode", names[i], i == (old ? 0 : 1)))
			return i;
	return -1;
}

int lower_resize(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const bool old = strcmp(node->operator->name, "Upsample") == 0 || node->inputs == 2;
	const char *transform = "coordinate_transformation_mode";
	const bool linear = graph_text_is(node, "mode", "linear", false);
	const bool corners = graph_text_is(node, transform, "align_corners", false);
	const bool halves = graph_text_is(node, transform, "half_pixel", !old) ||
		graph_text_is(node, transform, "pytorch_half_pixel", false);
	const int rounding = take_rounding(node);
	float scale[2] = {1, 1};
	int status = plan_need_picture(plan, node, error);

	if (status != 0)
		return status;
	if ((!linear && !graph_text_is(node, "mode", "nearest", true)) || rounding < 0 ||
		(!corners && !halves && !graph_text_is(node, transform, "asymmetric", old)) ||
		graph_int(node, "antialias", 0) != 0)
		return plan_refuse(error, "such a mode");
	struct graph_shape shape = plan_in(plan, node, 0)->shape;
	const uint32_t height = shape.dims[2], width = shape.dims[3];

	status = take_sizes(plan, node, &shape, scale, error);
	if (status == 0)
		status = plan_shape(plan, node->output[0], &shape, error);
	if (status != 0)
		return status;
	const uint32_t planes = shape.dims[0] * shape.dims[1];
	const uint32_t step = plan_add_step(
		plan, OPERATORS_RESIZE, plan_runs(shape.dims[3]), shape.dims[2], planes);
	struct op_resize resize = {
		.planes = planes,
		.in_width = width,
		.in_height = height,
		.out_width = shape.dims[3],
		.out_height = shape.dims[2],
		.linear = linear,
		.rounding = (uint32_t)rounding,
		.scale_y = 1 / scale[0],
		.scale_x = 1 / scale[1],
		.shift = halves ? 0.5f : 0,
		.runs = plan_runs(shape.dims[3]),
	};

	if (corners) {
		resize.scale_y =
			shape.dims[2] > 1 ? (float)(height - 1) / (float)(shape.dims[2] - 1) : 0;
		resize.scale_x =
			shape.dims[3] > 1 ? (float)(width - 1) / (float)(shape.dims[3] - 1) : 0;
	}
	plan_job(plan, step)->resize = resize;
	plan_read(plan, step, PLAN_FIELD(resize.in), node->input[0]);
	plan_finish(plan, step, node->output[0]);
	return 0;
}
