/* The head of CenterNet (Zhou, Wang, Krähenbühl: Objects as Points, 2019): an object is a peak of
 * its class's heat map, so there is no non-maximum suppression among boxes. */
#include <math.h>
#include <stdbool.h>

#include "accel/postprocess.h"

struct grid {
	uint32_t columns, rows;
	float threshold;
};

static bool any_reaches(const float *row, uint32_t count, float threshold)
{
	uint32_t hits = 0;

	for (uint32_t i = 0; i < count; i++)
		hits += row[i] >= threshold;
	return hits > 0;
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

static float clamp(float value, float low, float high)
{
	return fminf(fmaxf(value, low), high);
}

/* False when nothing of the box is in sight, or when it is not made of numbers. */
static bool make_box(const struct model_description *description, const struct input_map *map,
	const struct grid *grid, const float *size, uint32_t x, uint32_t y, struct gw_box *box)
{
	const size_t plane = (size_t)grid->columns * grid->rows;
	const float *cell = size + (size_t)y * grid->columns + x;
	const float corner_x = (float)(x * description->detect->stride) - map->pad_x;
	const float corner_y = (float)(y * description->detect->stride) - map->pad_y;
	const float x0 = map->origin_x + (corner_x - cell[0]) * map->step_x;
	const float y0 = map->origin_y + (corner_y - cell[plane]) * map->step_y;
	const float x1 = map->origin_x + (corner_x + cell[2 * plane]) * map->step_x;
	const float y1 = map->origin_y + (corner_y + cell[3 * plane]) * map->step_y;

	if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
		return false;
	box->x0 = clamp(x0, map->left, map->right);
	box->y0 = clamp(y0, map->top, map->bottom);
	box->x1 = clamp(x1, map->left, map->right);
	box->y1 = clamp(y1, map->top, map->bottom);
	return box->x1 > box->x0 && box->y1 > box->y0;
}

/* Keeps the boxes sorted; of equals the first stays first. */
static uint32_t insert(
	struct gw_box *boxes, uint32_t count, uint32_t room, const struct gw_box *box)
{
	uint32_t at = count;

	if (count == room) {
		if (box->confidence <= boxes[count - 1].confidence)
			return count;
		at = --count;
	}
	while (at > 0 && box->confidence > boxes[at - 1].confidence) {
		boxes[at] = boxes[at - 1];
		at--;
	}
	boxes[at] = *box;
	return count + 1;
}

void detect(const struct model_description *description, const struct input_map *map,
	const float *heatmap, const float *size, struct gw_result *result)
{
	const struct model_detect *options = description->detect;
	const struct grid grid = {
		.columns = description->input.width / options->stride,
		.rows = description->input.height / options->stride,
		.threshold = options->threshold,
	};
	const size_t plane = (size_t)grid.columns * grid.rows;
	uint32_t count = 0;

	for (uint32_t label = 0; label < description->labels_count; label++) {
		const float *class_map = heatmap + label * plane;

		for (uint32_t y = 0; y < grid.rows; y++) {
			const float *row = class_map + (size_t)y * grid.columns;

			if (!any_reaches(row, grid.columns, grid.threshold))
				continue;
			for (uint32_t x = 0; x < grid.columns; x++) {
				struct gw_box box = {.index = (uint16_t)label};

				if (!(row[x] >= grid.threshold) ||
					!is_peak(&grid, class_map, x, y) ||
					!make_box(description, map, &grid, size, x, y, &box))
					continue;
				box.confidence = fminf(row[x], 1);
				count = insert(result->boxes, count, options->max_boxes, &box);
			}
		}
	}
	result->task = GW_TASK_DETECT;
	result->count = (uint16_t)count;
}
