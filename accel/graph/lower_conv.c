/* Convolutions: their weights packed as the kernels want them, the picture padded before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/conv.h"
#include "accel/graph/operators.h"

static uint32_t blocks_of(const struct conv *conv)
{
	return (conv->rows + OP_BLOCK - 1) / OP_BLOCK;
}

static bool is_grouped(const struct conv *conv)
{
	return conv->group_rows != conv->rows;
}

static uint64_t taps_of(const struct conv *conv)
{
	return (uint64_t)conv->group_channels * conv->window.kernel[0] * conv->window.kernel[1];
}

/* [biases][weights], once for all plans. */
static uint32_t pack(struct plan *plan, struct graph_node *node, const struct conv *conv)
{
	const uint64_t taps = taps_of(conv), biases = (uint64_t)blocks_of(conv) * OP_BLOCK;

	if (node->packed != GRAPH_NONE)
		return node->packed;
	node->packed = graph_add_weights(plan->graph, biases + biases * taps);
	if (node->packed == GRAPH_NONE) {
		plan->failed = true;
		return 0;
	}
	float *bias = plan->graph->weights + node->packed, *to = bias + biases;

	for (uint32_t row = 0; row < conv->rows; row++) {
		const float *from = conv->weights + row * taps;
		float *block = is_grouped(conv)
			? to + row * taps
			: to + row / OP_BLOCK * OP_BLOCK * taps + row % OP_BLOCK;

		bias[row] = conv->shift[row];
		for (uint64_t i = 0; i < taps; i++)
			block[is_grouped(conv) ? i : i * OP_BLOCK] = from[i] * conv->scale[row];
	}
	return node->packed;
}

/* Where the kernel reads: the value itself, or a copy with a margin. */
static uint32_t add_padding(struct plan *plan, const struct conv *conv, uint32_t input)
{
	const struct plan_window *w = &conv->window;
	const uint32_t height = conv->height + w->before[0] + w->after[0];
	const uint32_t width = conv->width + w->before[1] + w->after[1];
	const uint64_t planes = (uint64_t)conv->images * conv->channels;
	const uint32_t storage = plan_add_storage(plan, planes * height * width);
	const uint32_t runs = (width + OP_LANES - 1) / OP_LANES;
	const uint32_t step = plan_add_step(plan, OPERATORS_PAD, runs, height, planes);

	plan_job(plan, step)->pad = (struct op_pad){
		.planes = (uint32_t)planes,
		.in_width = conv->width,
		.in_height = conv->height,
		.out_width = width,
		.out_height = height,
		.left = w->before[1],
		.top = w->before[0],
		.runs = runs,
	};
	plan_read(plan, step, PLAN_FIELD(pad.in), input);
	plan_point(plan, step, PLAN_FIELD(out), storage);
	return storage;
}

/* A kernel of one pixel does not care where lines end. */
static void flatten(struct conv *conv)
{
	struct plan_window *w = &conv->window;

	if (w->kernel[0] != 1 || w->kernel[1] != 1 || w->stride[0] != 1 || w->stride[1] != 1 ||
		plan_has_padding(w))
		return;
	conv->width = w->out[1] = conv->width * conv->height;
	conv->height = w->out[0] = 1;
}

uint32_t conv_add_step(
	struct plan *plan, struct graph_node *node, struct conv *conv, uint32_t input)
{
	const struct plan_window *w = &conv->window;

	flatten(conv);
	const bool padded = plan_has_padding(w);
	const uint32_t storage = padded ? add_padding(plan, conv, input) : GRAPH_NONE;
	const uint32_t packed = pack(plan, node, conv);
	const uint32_t pitch = conv->width + w->before[1] + w->after[1];
	const uint32_t plane = pitch * (conv->height + w->before[0] + w->after[0]);
	const uint32_t runs = (w->out[1] + OP_LANES - 1) / OP_LANES;
	const uint32_t step =
		plan_add_step(plan, is_grouped(conv) ? OPERATORS_CONV_GROUP : OPERATORS_CONV,
			(uint64_t)runs * w->out[0], is_grouped(conv) ? conv->rows : blocks_of(conv),
			conv->images);

	plan_job(plan, step)->conv = (struct op_conv){
		.bias = packed,
		.weights = packed + blocks_of(conv) * OP_BLOCK,
		.channels = conv->group_channels,
		.rows = conv->rows,
		.group_rows = conv->group_rows,
		.in_pitch = pitch,
		.in_plane = plane,
		.in_image = plane * conv->channels,
		.out_width = w->out[1],
		.out_height = w->out[0],
		.runs = runs,
		.kernel_width = w->kernel[1],
		.kernel_height = w->kernel[0],
		.stride_x = w->stride[1],
		.stride_y = w->stride[0],
		.dilation_x = w->dilation[1],
		.dilation_y = w->dilation[0],
	};
	if (padded)
		plan_point(plan, step, PLAN_FIELD(conv.in), storage);
	else
		plan_read(plan, step, PLAN_FIELD(conv.in), input);
	return step;
}

int conv_take_inputs(const struct plan *plan, const struct graph_node *node, struct conv *conv,
	const float **bias, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0), *weights = plan_in(plan, node, 1);
	const struct plan_value *add = plan_in(plan, node, 2);

	if (!in || !weights || !weights->data || (add && !add->data))
		return plan_refuse(error, "weights that change from picture to picture");
	if (in->shape.rank != 4 || weights->shape.rank != 4)
		return plan_refuse(error, "a convolution of what are no pictures");
	conv->node = node;
	conv->weights = weights->data;
	conv->images = in->shape.dims[0];
	conv->channels = in->shape.dims[1];
	conv->height = in->shape.dims[2];
	conv->width = in->shape.dims[3];
	conv->window.kernel[0] = weights->shape.dims[2];
	conv->window.kernel[1] = weights->shape.dims[3];
	*bias = add ? add->data : NULL;
	if (graph_elements(&weights->shape) == 0)
		return gw_error_set(error, -EINVAL, "its weights are empty");
	return 0;
}

bool conv_make_factors(struct conv *conv, const float *bias)
{
	conv->scale = malloc(2 * (size_t)conv->rows * sizeof(conv->scale[0]));
	conv->shift = conv->scale + conv->rows;
	for (uint32_t i = 0; conv->scale && i < conv->rows; i++) {
		conv->scale[i] = 1;
		conv->shift[i] = bias ? bias[i] : 0;
	}
	return conv->scale;
}

int lower_conv(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const int64_t groups = graph_int(node, "group", 1);
	struct conv conv = {0};
	const float *bias = NULL;
	int status = conv_take_inputs(plan, node, &conv, &bias, error);

	if (status != 0)
		return status;
	const struct graph_shape *weights = &plan_in(plan, node, 1)->shape;

	conv.rows = weights->dims[0];
	conv.group_channels = weights->dims[1];
	if (groups < 1 || groups > conv.rows || conv.rows % groups != 0 ||
		conv.group_channels * (uint64_t)groups != conv.channels ||
		(bias && graph_elements(&plan_in(plan, node, 2)->shape) != conv.rows))
		return gw_error_set(error, -EINVAL, "its weights do not fit its input");
	conv.group_rows = conv.rows / (uint32_t)groups;
	const uint32_t size[] = {conv.height, conv.width},
		       kernel[] = {weights->dims[2], weights->dims[3]};

	status = plan_window(node, size, &conv.window, error);
	if (status != 0)
		return status;
	if (conv.window.kernel[0] != kernel[0] || conv.window.kernel[1] != kernel[1])
		return gw_error_set(error, -EINVAL, "its weights do not fit its kernel_shape");
	const struct graph_shape shape = {
		4, {conv.images, conv.rows, conv.window.out[0], conv.window.out[1]}};
	const struct graph_shape padded = {4,
		{conv.images, conv.channels, size[0] + conv.window.before[0] + conv.window.after[0],
			size[1] + conv.window.before[1] + conv.window.after[1]}};

	if (graph_elements(&padded) == 0)
		return gw_error_set(error, -E2BIG, "what it reads is too large to be held");
	status = plan_shape(plan, node->output[0], &shape, error);
	if (status != 0)
		return status;
	if (!conv_make_factors(&conv, bias)) {
		plan->failed = true;
		return 0;
	}
	const uint32_t last =
		plan_absorb(plan, node->output[0], conv.rows, 2, conv.scale, conv.shift);
	const uint32_t step = conv_add_step(
		plan, &plan->graph->node[node - plan->graph->node], &conv, node->input[0]);

	plan_finish(plan, step, last);
	free(conv.scale);
	return 0;
}
