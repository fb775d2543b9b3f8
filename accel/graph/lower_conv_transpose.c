/* Transposed convolutions whose kernel does not overlap itself. */
#include <errno.h>
#include <stdlib.h>

#include "accel/graph/conv.h"
#include "accel/graph/operators.h"

/* A kernel that does not overlap itself is one of one pixel with a row for each tap, whose results
 * then lie side by side: weights [channel][row][y][x] become [row][y][x][channel]. */
static float *turn_weights(const float *from, uint32_t channels, uint32_t rows)
{
	float *to = malloc((size_t)channels * rows * sizeof(to[0]));

	for (uint32_t c = 0; to && c < channels; c++)
		for (uint32_t r = 0; r < rows; r++)
			to[(size_t)r * channels + c] = from[(size_t)c * rows + r];
	return to;
}

/* Scale and shift of a row are those of all its taps. */
static bool spread_factors(struct conv *conv, const struct conv *of, uint32_t taps)
{
	if (!conv_make_factors(conv, NULL))
		return false;
	for (uint32_t i = 0; i < conv->rows; i++) {
		conv->scale[i] = of->scale[i / taps];
		conv->shift[i] = of->shift[i / taps];
	}
	return true;
}

/* The taps of each pixel, put side by side. */
static void spread_taps(struct plan *plan, const struct conv *conv, uint32_t rows,
	uint32_t kernel_height, uint32_t kernel_width, uint32_t storage, uint32_t output)
{
	const uint32_t h = conv->height, w = conv->width;
	struct plan_move move = {
		.rank = 6, .size = {conv->images, rows, kernel_height, kernel_width, h, w}};
	const struct graph_shape order = {
		6, {conv->images, rows, kernel_height, kernel_width, h, w}};
	const uint32_t line = w * kernel_width, plane = line * h * kernel_height;

	plan_strides(&order, move.in);
	move.out[0] = rows * plane;
	move.out[1] = plane;
	move.out[2] = line;
	move.out[3] = 1;
	move.out[4] = line * kernel_height;
	move.out[5] = kernel_width;
	const uint32_t step = plan_add_map(plan, &move);

	plan_point(plan, step, PLAN_FIELD(map.in), storage);
	plan_point(plan, step, PLAN_FIELD(map.second), storage);
	plan_point(plan, step, PLAN_FIELD(out), plan_make_room(plan, output));
}

/* The convolution of one pixel that stands for it, and where its results go. */
static void add_transposed(struct plan *plan, const struct graph_node *node, struct conv *conv)
{
	const uint32_t height = conv->height, width = conv->width, rows = conv->rows;
	const uint32_t down = conv->window.kernel[0], across = conv->window.kernel[1];
	const uint32_t last = plan_absorb(plan, node->output[0], rows, 2, conv->scale, conv->shift);
	struct conv flat = *conv;
	float *weights = turn_weights(conv->weights, conv->channels, rows * down * across);

	flat.weights = weights;
	flat.rows = flat.group_rows = rows * down * across;
	flat.group_channels = conv->channels;
	flat.window = (struct plan_window){
		.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .out = {height, width}};
	flat.scale = NULL;
	if (!weights || !spread_factors(&flat, conv, down * across)) {
		plan->failed = true;
	} else {
		const uint32_t storage =
			plan_add_storage(plan, (uint64_t)conv->images * flat.rows * height * width);
		const uint32_t step = conv_add_step(
			plan, &plan->graph->node[node - plan->graph->node], &flat, node->input[0]);

		plan_point(plan, step, PLAN_FIELD(out), storage);
		spread_taps(plan, conv, rows, down, across, storage, last);
	}
	free(weights);
	free(flat.scale);
}

int lower_conv_transpose(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	struct conv conv = {0};
	const float *bias;
	int status = conv_take_inputs(plan, node, &conv, &bias, error);

	if (status != 0)
		return status;
	const struct graph_shape *weights = &plan_in(plan, node, 1)->shape;
	const uint32_t size[] = {4096, 4096}; /* whatever: only the numbers are read */
	struct plan_window window = conv.window;

	conv.rows = weights->dims[1];
	status = plan_window(node, size, &window, error);
	if (status != 0)
		return status;
	if (weights->dims[0] != conv.channels ||
		(bias && graph_elements(&plan_in(plan, node, 2)->shape) != conv.rows))
		return gw_error_set(error, -EINVAL, "its weights do not fit its input");
	if (graph_int(node, "group", 1) != 1 || plan_has_padding(&window) ||
		window.kernel[0] != window.stride[0] || window.kernel[1] != window.stride[1] ||
		window.kernel[0] != conv.window.kernel[0] ||
		window.kernel[1] != conv.window.kernel[1] || window.dilation[0] != 1 ||
		window.dilation[1] != 1)
		return plan_refuse(error, "one whose kernel is not as large as its stride");
	const struct graph_shape shape = {4,
		{conv.images, conv.rows, conv.height * window.kernel[0],
			conv.width * window.kernel[1]}};

	status = plan_shape(plan, node->output[0], &shape, error);
	if (status != 0)
		return status;
	if (!conv_make_factors(&conv, bias)) {
		plan->failed = true;
		return 0;
	}
	add_transposed(plan, node, &conv);
	free(conv.scale);
	return 0;
}
