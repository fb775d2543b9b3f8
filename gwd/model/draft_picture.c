#include "gwd/model/draft_picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/repository/model.h"

#define MOST_NAME 255 /* of model.yaml */

static bool is_channels(int64_t size)
{
	return size == 1 || size == MODEL_CHANNELS;
}

static bool is_side(int64_t size)
{
	return size <= MODEL_SIDE_MAX;
}

/* Whether it may be a picture's; where the channels stand tells the layout. */
static bool read_picture(const struct onnx_tensor *tensor, struct draft_picture *picture)
{
	const struct onnx_dim *dims = tensor->dims;

	if (tensor->name.size == 0 || tensor->name.size > MOST_NAME)
		return false;
	*picture = (struct draft_picture){.tensor = tensor};
	if (!tensor->has_shape)
		return true;
	if (tensor->rank != 4)
		return false;
	picture->nhwc = !is_channels(dims[1].size) &&
		(is_channels(dims[3].size) || (dims[1].size > 0 && dims[3].size == 0));
	const struct onnx_dim *side = &dims[picture->nhwc ? 1 : 2];
	const int64_t channels = dims[picture->nhwc ? 3 : 1].size;

	if ((channels != 0 && !is_channels(channels)) || !is_side(side[0].size) ||
		!is_side(side[1].size) || dims[0].size > UINT32_MAX)
		return false;
	picture->batch = (uint32_t)dims[0].size;
	picture->channels = (uint32_t)channels;
	picture->height = (uint32_t)side[0].size;
	picture->width = (uint32_t)side[1].size;
	return true;
}

/* [n, 2], of float32. */
static bool is_size(const struct onnx_tensor *tensor)
{
	const int64_t last = tensor->rank == 2 ? tensor->dims[1].size : -1;

	return tensor->type == ONNX_FLOAT32 && (last == 2 || last == 0);
}

/* "[480, 640]", height and width, or one for both, as Ultralytics writes it. */
static void read_property(const struct onnx_graph *graph, struct draft_picture *picture)
{
	const struct onnx_text *text = onnx_graph_property(graph, "imgsz");
	unsigned long side[2] = {0};
	char copy[64], *at = copy;

	if (!text)
		return;
	draft_clean(copy, sizeof(copy), text);
	for (int i = 0; i < 2; i++) {
		at += strcspn(at, "0123456789");
		side[i] = *at ? strtoul(at, &at, 10) : side[0];
	}
	if (side[0] == 0 || side[1] == 0 || !is_side((int64_t)side[0]) ||
		!is_side((int64_t)side[1]))
		return;
	if (picture->height == 0)
		picture->height = (uint32_t)side[0];
	if (picture->width == 0)
		picture->width = (uint32_t)side[1];
}

static int no_picture(const struct onnx_graph *graph, struct gw_error *error)
{
	char name[64], shape[128], list[300] = "none";
	size_t used = 0;

	for (uint32_t i = 0; i < graph->inputs && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s\"%s\" %s",
			i ? ", " : "", draft_clean(name, sizeof(name), &graph->input[i].name),
			draft_shape(shape, sizeof(shape), &graph->input[i]));
	return gw_error_set(error, -EINVAL,
		"no input takes a picture, [batch, channels, height, width] or [batch, height, "
		"width, channels] with 1 or 3 channels: export it so (inputs: %s)",
		list);
}

static int check(
	const struct onnx_graph *graph, const struct draft_picture *picture, struct gw_error *error)
{
	const int32_t type = picture->tensor->type;
	char name[64];

	draft_clean(name, sizeof(name), &picture->tensor->name);
	if (type != ONNX_FLOAT32 && type != ONNX_FLOAT16 && type != ONNX_UINT8)
		return gw_error_set(error, -EINVAL,
			"its input \"%s\" takes %s: export it with float32, float16 or uint8", name,
			draft_type(type));
	if (graph->inputs_all > 1u + (picture->size != NULL))
		return gw_error_set(error, -EINVAL,
			"it has %u inputs, and beside the picture's, \"%s\", only one for the "
			"picture's size (float32, [1, 2]) can be filled: export it with that alone",
			graph->inputs_all, name);
	return 0;
}

int draft_picture_find(
	const struct onnx_graph *graph, struct draft_picture *picture, struct gw_error *error)
{
	uint32_t at = 0;

	while (at < graph->inputs && !read_picture(&graph->input[at], picture))
		at++;
	if (at == graph->inputs)
		return no_picture(graph, error);
	for (uint32_t i = 0; i < graph->inputs; i++)
		if (i != at && is_size(&graph->input[i]))
			picture->size = &graph->input[i];
	read_property(graph, picture);
	return check(graph, picture, error);
}
