/* A label for each cell of a map that lies over the input; in the result for what the picture
 * covers of it. */
#include <errno.h>
#include <math.h>

#include "accel/heads/head.h"

/* The cells that the picture covers. */
struct window {
	uint32_t x, y, width, height;
};

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	tensors[0] = (struct infer_tensor){
		.name = d->segment->tensor,
		.rank = d->segment->labels ? 2 : 3,
		.dims = {d->labels_count, d->input.height, d->input.width},
		.free = true,
	};
	if (d->segment->labels) {
		tensors[0].dims[0] = d->input.height;
		tensors[0].dims[1] = d->input.width;
	}
	return 1;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const uint32_t *cells = tensors[0].dims + !d->segment->labels;

	if (cells[0] > MODEL_SIDE_MAX || cells[1] > MODEL_SIDE_MAX)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" is a map of %u x %u, and %d is the most: name another "
			"tensor in model.yaml",
			tensors[0].name, cells[1], cells[0], MODEL_SIDE_MAX);
	if (d->segment->labels || tensors[0].dims[0] == d->labels_count)
		return 0;
	return gw_error_set(error, -EINVAL,
		"its output \"%s\" has %u values for a cell, and there are %u labels: correct the "
		"labels in model.yaml",
		tensors[0].name, tensors[0].dims[0], d->labels_count);
}

static uint32_t within(float value, uint32_t most)
{
	return value <= 0 ? 0 : value >= (float)most ? most : (uint32_t)lrintf(value);
}

/* From where the map's sides lie in the input. */
static struct window find_window(const struct head_job *job, uint32_t columns, uint32_t rows)
{
	const struct model_input *input = &job->description->input;
	const struct input_map *map = job->map;
	const float cells_x = (float)columns / (float)input->width;
	const float cells_y = (float)rows / (float)input->height;
	const float right = map->pad_x + (map->right - map->origin_x) / map->step_x;
	const float bottom = map->pad_y + (map->bottom - map->origin_y) / map->step_y;
	const uint32_t x = within(map->pad_x * cells_x, columns - 1);
	const uint32_t y = within(map->pad_y * cells_y, rows - 1);
	const uint32_t x1 = within(right * cells_x, columns), y1 = within(bottom * cells_y, rows);

	return (struct window){x, y, x1 > x ? x1 - x : 1, y1 > y ? y1 - y : 1};
}

/* What a cell is; labels_count when its values say nothing. */
static uint32_t label_at(const struct head_job *job, size_t plane, size_t cell)
{
	const struct model_description *d = job->description;
	const float *values = job->values[0] + cell;
	uint32_t best = 0;

	if (d->segment->labels)
		return values[0] >= 0 && values[0] < (float)d->labels_count
			? (uint32_t)lrintf(values[0])
			: d->labels_count;
	for (uint32_t i = 0; i < d->labels_count; i++) {
		if (!isfinite(values[i * plane]))
			return d->labels_count;
		if (values[i * plane] > values[best * plane])
			best = i;
	}
	return best;
}

/* Writes runs to what is left of the slot. */
static int write_runs(const struct head_job *job, const struct window *window, uint32_t columns,
	size_t plane, struct gw_mask *mask, uint32_t room)
{
	struct gw_run *run = NULL;

	for (uint32_t y = window->y; y < window->y + window->height; y++)
		for (uint32_t x = window->x; x < window->x + window->width; x++) {
			const uint32_t label = label_at(job, plane, (size_t)y * columns + x);

			if (label >= job->description->labels_count)
				return -EDOM;
			if (run && run->index == label && run->length < UINT16_MAX) {
				run->length++;
				continue;
			}
			if (mask->count == room)
				return -ENOBUFS;
			run = &mask->run[mask->count++];
			*run = (struct gw_run){(uint16_t)label, 1};
		}
	return 0;
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const uint32_t *dims = job->tensors[0].dims + !job->description->segment->labels;
	const struct window window = find_window(job, dims[1], dims[0]);
	struct gw_finding *finding = &result->findings[0];
	const uint32_t before = result->extra_size;
	struct gw_mask *mask = gw_result_add(result, finding, sizeof(*mask));

	result->task = GW_TASK_SEGMENT;
	if (!mask)
		return -ENOBUFS;
	const uint32_t room = (result->extra_room - result->extra_size) / sizeof(mask->run[0]);

	*mask = (struct gw_mask){(uint16_t)window.width, (uint16_t)window.height, 0};
	const int status = write_runs(job, &window, dims[1], (size_t)dims[0] * dims[1], mask, room);

	if (status != 0) {
		result->extra_size = before;
		return status;
	}
	result->extra_size += mask->count * (uint32_t)sizeof(mask->run[0]);
	*finding = (struct gw_finding){
		.confidence = 1,
		.x0 = job->map->left,
		.y0 = job->map->top,
		.x1 = job->map->right,
		.y1 = job->map->bottom,
		.extra = finding->extra,
		.extra_size = result->extra_size - finding->extra,
	};
	result->count = 1;
	return 0;
}

const struct head head_segment = {.name = "segment", .outputs = outputs, .fit = fit, .read = read};
