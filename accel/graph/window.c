/* How a kernel goes over a picture: strides, padding, and what comes out. */
#include <errno.h>

#include "accel/graph/operators.h"

#define MOST 1024 /* of a kernel's side, padding or dilation */

static bool take(const struct graph_node *node, const char *name, uint32_t count, int64_t least,
	int64_t most, uint32_t *to)
{
	const struct graph_attribute *attribute = graph_attribute(node, name);

	if (!attribute)
		return true;
	if (attribute->count != count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (attribute->ints[i] < least || attribute->ints[i] > most)
			return false;
		to[i] = (uint32_t)attribute->ints[i];
	}
	return true;
}

/* As much padding as keeps the size, but for the stride. */
static void pad_same(struct plan_window *window, const uint32_t size[2], bool upper)
{
	for (int i = 0; i < 2; i++) {
		const uint32_t out = (size[i] + window->stride[i] - 1) / window->stride[i];
		const uint32_t needed = (out - 1) * window->stride[i] +
			(window->kernel[i] - 1) * window->dilation[i] + 1;
		const uint32_t sum = needed > size[i] ? needed - size[i] : 0;

		window->before[i] = upper ? sum / 2 : sum - sum / 2;
		window->after[i] = sum - window->before[i];
	}
}

int plan_window(const struct graph_node *node, const uint32_t size[2], struct plan_window *window,
	struct gw_error *error)
{
	uint32_t pads[4] = {0};
	const bool ceil = graph_int(node, "ceil_mode", 0) != 0;

	for (int i = 0; i < 2; i++)
		window->stride[i] = window->dilation[i] = 1;
	if (!take(node, "kernel_shape", 2, 1, MOST, window->kernel) ||
		!take(node, "strides", 2, 1, OP_STRIDE_MOST, window->stride) ||
		!take(node, "dilations", 2, 1, MOST, window->dilation) ||
		!take(node, "pads", 4, 0, MOST, pads))
		return plan_refuse(error, "a kernel, stride, dilation or padding of it");
	for (int i = 0; i < 2; i++) {
		if (window->kernel[i] < 1 || window->kernel[i] > MOST)
			return plan_refuse(error, "a kernel of it");
		window->before[i] = pads[i];
		window->after[i] = pads[i + 2];
	}
	if (graph_text_is(node, "auto_pad", "SAME_UPPER", false) ||
		graph_text_is(node, "auto_pad", "SAME_LOWER", false))
		pad_same(window, size, graph_text_is(node, "auto_pad", "SAME_UPPER", false));
	for (int i = 0; i < 2; i++) {
		const uint64_t padded = (uint64_t)size[i] + window->before[i] + window->after[i];
		const uint64_t span = (uint64_t)(window->kernel[i] - 1) * window->dilation[i] + 1;

		if (padded < span)
			return gw_error_set(
				error, -EINVAL, "its kernel is larger than the picture");
		window->out[i] = (uint32_t)((padded - span + (ceil ? window->stride[i] - 1 : 0)) /
					 window->stride[i]) +
			1;
		/* None begins in the padding behind the picture. */
		if (ceil &&
			(window->out[i] - 1) * (uint64_t)window->stride[i] >=
				size[i] + window->before[i])
			window->out[i]--;
	}
	return 0;
}
