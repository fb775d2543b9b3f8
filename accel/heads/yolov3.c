/* The raw maps of YOLOv3 (Redmon, Farhadi: YOLOv3, 2018, 2.1): for each cell and anchor tx, ty, tw,
 * th, a logit of there being anything, and one for each label. */
#include <errno.h>
#include <math.h>

#include "accel/heads/candidates.h"

#define SIDES 4

/* One map. */
struct grid {
	const struct model_anchors *of;
	const float *values;
	uint32_t columns, rows;
	size_t plane; /* cells */
	float stride_x, stride_y; /* pixels of the input to a cell */
};

static uint32_t values_of(const struct model_description *d)
{
	return SIDES + 1 + d->labels_count;
}

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	const struct model_detect *detect = d->detect;

	for (uint32_t k = 0; k < detect->outputs_count; k++) {
		/* What is usual: the coarsest first, each next one twice as fine. */
		const uint32_t stride = 32u >> (k < 2 ? k : 2);

		tensors[k] = (struct infer_tensor){
			.name = detect->outputs[k].tensor,
			.rank = 3,
			.dims = {detect->outputs[k].anchors_count / 2 * values_of(d),
				(d->input.height + stride - 1) / stride,
				(d->input.width + stride - 1) / stride},
			.free = true,
		};
	}
	return detect->outputs_count;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	for (uint32_t k = 0; k < d->detect->outputs_count; k++) {
		const uint32_t anchors = d->detect->outputs[k].anchors_count / 2;

		if (tensors[k].dims[0] != anchors * values_of(d))
			return gw_error_set(error, -EINVAL,
				"its output \"%s\" has %u values for a cell; %u anchors with %u "
				"labels need %u x %u: correct detect.outputs or the labels in "
				"model.yaml",
				tensors[k].name, tensors[k].dims[0], anchors, d->labels_count,
				anchors, values_of(d));
	}
	return 0;
}

/* One cell of one anchor; `at` is its tx. */
static void read_cell(struct candidates *found, const struct grid *grid, uint32_t anchor,
	const float *at, uint32_t x, uint32_t y)
{
	const struct model_description *d = found->description;
	const float object = head_sigmoid(at[SIDES * grid->plane]);
	const float *size = &grid->of->anchors[2 * anchor];

	/* No label can be more certain than that there is anything. */
	if (!(object >= found->least))
		return;
	const float centre_x = ((float)x + head_sigmoid(at[0])) * grid->stride_x;
	const float centre_y = ((float)y + head_sigmoid(at[grid->plane])) * grid->stride_y;
	const float width = expf(at[2 * grid->plane]) * size[0];
	const float height = expf(at[3 * grid->plane]) * size[1];

	for (uint32_t i = 0; i < d->labels_count; i++)
		candidates_add(found, i, object * head_sigmoid(at[(SIDES + 1 + i) * grid->plane]),
			centre_x - width / 2, centre_y - height / 2, centre_x + width / 2,
			centre_y + height / 2);
}

static void read_grid(struct candidates *found, const struct grid *grid)
{
	const size_t values = values_of(found->description);

	for (uint32_t anchor = 0; anchor < grid->of->anchors_count / 2; anchor++) {
		const float *map = grid->values + anchor * values * grid->plane;

		for (uint32_t y = 0; y < grid->rows; y++)
			for (uint32_t x = 0; x < grid->columns; x++)
				read_cell(found, grid, anchor, map + (size_t)y * grid->columns + x,
					x, y);
	}
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_description *d = job->description;
	struct candidates found;

	candidates_begin(&found, job);
	for (uint32_t k = 0; k < d->detect->outputs_count && found.status == 0; k++) {
		const uint32_t *dims = job->tensors[k].dims;
		const struct grid grid = {
			.of = &d->detect->outputs[k],
			.values = job->values[k],
			.rows = dims[1],
			.columns = dims[2],
			.plane = (size_t)dims[1] * dims[2],
			.stride_x = (float)d->input.width / (float)dims[2],
			.stride_y = (float)d->input.height / (float)dims[1],
		};

		candidates_check_numbers(&found, job->values[k], dims[0] * grid.plane);
		if (found.status == 0)
			read_grid(&found, &grid);
	}
	return candidates_finish(&found, d->detect->iou, result);
}

const struct head head_yolov3 = {.name = "yolov3", .outputs = outputs, .fit = fit, .read = read};
