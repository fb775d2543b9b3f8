/* The head of CenterNet (Zhou, Wang, Krähenbühl: Objects as Points, 2019): an object is a peak of
 * its class's heat map, so there is no non-maximum suppression among boxes. */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "accel/heads/candidates.h"

enum { HEATMAP, SIZE, OFFSET };

/* Where keypoints stand: behind what there is of the others. */
static uint32_t points_at(const struct model_detect *detect)
{
	return detect->offset ? OFFSET + 1 : OFFSET;
}

struct grid {
	uint32_t columns, rows;
	size_t plane; /* cells */
	uint32_t stride;
	enum model_size size_is;
	bool vertical_first;
	float shift; /* of the centre from the cell's corner, cells */
	const float *size, *offset, *points; /* the last two may be NULL */
};

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	const struct model_detect *detect = d->detect;
	const uint32_t rows = d->input.height / detect->stride;
	const uint32_t columns = d->input.width / detect->stride;
	const uint32_t sides = detect->size_is == MODEL_SIZE_SIDES ? 4 : 2;

	tensors[HEATMAP] = (struct infer_tensor){
		.name = detect->heatmap, .rank = 3, .dims = {d->labels_count, rows, columns}};
	tensors[SIZE] = (struct infer_tensor){
		.name = detect->size, .rank = 3, .dims = {sides, rows, columns}};
	if (detect->offset)
		tensors[OFFSET] = (struct infer_tensor){
			.name = detect->offset, .rank = 3, .dims = {2, rows, columns}};
	if (!detect->keypoints)
		return points_at(detect);
	tensors[points_at(detect)] = (struct infer_tensor){.name = detect->keypoints->tensor,
		.rank = 3,
		.dims = {2 * detect->keypoints->names_count, rows, columns}};
	return points_at(detect) + 1;
}

/* What a row of confidences, or of logits, holds: one pass that vectorises. */
static void look_at(const float *row, uint32_t count, float threshold, float low, float high,
	uint32_t *hits, uint32_t *outside)
{
	uint32_t above = 0, out = 0;

	for (uint32_t i = 0; i < count; i++) {
		above += row[i] >= threshold;
		out += !(row[i] >= low && row[i] <= high);
	}
	*hits = above;
	*outside += out;
}

/* Nothing among the up to eight neighbours is larger. */
static bool is_peak(const struct grid *grid, const float *map, uint32_t x, uint32_t y)
{
	const float value = map[(size_t)y * grid->columns + x];
	const uint32_t x0 = x > 0 ? x - 1 : 0, x1 = x + 1 < grid->columns ? x + 1 : x;
	const uint32_t y0 = y > 0 ? y - 1 : 0, y1 = y + 1 < grid->rows ? y + 1 : y;

	for (uint32_t v = y0; v <= y1; v++)
		for (uint32_t u = x0; u <= x1; u++)
			if (map[(size_t)v * grid->columns + u] > value)
				return false;
	return true;
}

/* Width or height in pixels of the input. */
static float extent(const struct grid *grid, float value)
{
	switch (grid->size_is) {
	case MODEL_SIZE_CELLS:
		return value * (float)grid->stride;
	case MODEL_SIZE_LOG_CELLS:
		return expf(value) * (float)grid->stride;
	default:
		return value;
	}
}

static void add(struct candidates *found, const struct grid *grid, uint32_t label, float confidence,
	uint32_t x, uint32_t y)
{
	const size_t cell = (size_t)y * grid->columns + x, plane = grid->plane;
	const size_t horizontal = grid->vertical_first ? plane : 0, vertical = plane - horizontal;
	const float *size = grid->size + cell;
	float at_x = (float)x + grid->shift, at_y = (float)y + grid->shift;

	if (grid->offset) {
		at_x += grid->offset[cell + horizontal];
		at_y += grid->offset[cell + vertical];
	}
	at_x *= (float)grid->stride;
	at_y *= (float)grid->stride;
	if (grid->size_is == MODEL_SIZE_SIDES) {
		candidates_add(found, label, confidence, at_x - size[0], at_y - size[plane],
			at_x + size[2 * plane], at_y + size[3 * plane]);
		return;
	}
	found->at = (uint32_t)cell;
	const float width = extent(grid, size[horizontal]), height = extent(grid, size[vertical]);

	candidates_add(found, label, confidence, at_x - width / 2, at_y - height / 2,
		at_x + width / 2, at_y + height / 2);
}

/* As parts of the box's width and height from its upper left corner (Xu et al.: CenterFace, 2020,
 * 3.2). */
static void keypoints(const struct candidates *found, uint32_t cell, struct gw_keypoint *points)
{
	const struct grid *grid = found->owner;
	const size_t plane = grid->plane;
	const size_t horizontal = grid->vertical_first ? plane : 0, vertical = plane - horizontal;
	const float width = extent(grid, grid->size[cell + horizontal]);
	const float height = extent(grid, grid->size[cell + vertical]);
	const uint32_t row = cell / grid->columns;
	float at_x = (float)(cell % grid->columns) + grid->shift;
	float at_y = (float)row + grid->shift;

	if (grid->offset) {
		at_x += grid->offset[cell + horizontal];
		at_y += grid->offset[cell + vertical];
	}
	for (uint32_t i = 0; i < found->description->detect->keypoints->names_count; i++) {
		const float *point = grid->points + 2 * i * plane + cell;

		points[i] = (struct gw_keypoint){
			{at_x * (float)grid->stride + (point[horizontal] - 0.5f) * width,
				at_y * (float)grid->stride + (point[vertical] - 0.5f) * height},
			1};
	}
}

/* One label's cells that reach `threshold`, which is a logit where the map holds logits. */
static void read_map(struct candidates *found, const struct grid *grid, uint32_t label,
	const float *map, float threshold, bool logits)
{
	uint32_t outside = 0, hits;

	for (uint32_t y = 0; y < grid->rows; y++) {
		const float *row = map + (size_t)y * grid->columns;

		look_at(row, grid->columns, threshold, logits ? -FLT_MAX : -HEAD_ROUNDING,
			logits ? FLT_MAX : 1 + HEAD_ROUNDING, &hits, &outside);
		for (uint32_t x = 0; hits > 0 && x < grid->columns; x++)
			if (row[x] >= threshold && is_peak(grid, map, x, y))
				add(found, grid, label, logits ? head_sigmoid(row[x]) : row[x], x,
					y);
	}
	if (outside > 0 && found->status == 0)
		found->status = head_why(map, grid->plane);
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_detect *detect = job->description->detect;
	const struct grid grid = {
		.columns = job->description->input.width / detect->stride,
		.rows = job->description->input.height / detect->stride,
		.plane = (size_t)(job->description->input.width / detect->stride) *
			(job->description->input.height / detect->stride),
		.stride = detect->stride,
		.size_is = detect->size_is,
		.vertical_first = detect->vertical_first,
		.shift = detect->shift,
		.size = job->values[SIZE],
		.offset = detect->offset ? job->values[OFFSET] : NULL,
		.points = detect->keypoints ? job->values[points_at(detect)] : NULL,
	};
	struct candidates found;

	candidates_begin(&found, job);
	found.owner = &grid;
	if (detect->keypoints)
		found.keypoints = keypoints;
	for (uint32_t label = 0; label < job->description->labels_count; label++) {
		const float threshold = candidates_threshold(&found, label);

		read_map(&found, &grid, label, job->values[HEATMAP] + label * grid.plane,
			detect->sigmoid ? head_logit(threshold) : threshold, detect->sigmoid);
	}
	return candidates_finish(&found, 1, result);
}

const struct head head_centernet = {.name = "centernet", .outputs = outputs, .read = read};
