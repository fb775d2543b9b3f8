/* Maps of labels, and shapes of objects: runs over grids that lie over parts of a picture. */
#include <math.h>

#include "accel/answers/own.h"

/* Points along a side at which grids that are not the same one are compared. */
#define MOST_POINTS 512
#define SHAPE_POINTS 32

#define OUTSIDE UINT32_MAX

struct part {
	float x0, y0, x1, y1; /* source pixels */
};

/* A grid, read at places that follow each other row by row: from place to place it is a few runs.
 */
struct grid {
	struct part part;
	uint32_t width, height; /* cells */
	const struct gw_run *run; /* of a map of labels; NULL: `length` */
	const uint16_t *length; /* of a shape: cells that do not belong to it and those that do, in
				   turn */
	uint32_t at; /* the run that was read last */
	uint64_t begin; /* its first cell */
};

static uint32_t length_at(const struct grid *grid)
{
	return grid->run ? grid->run[grid->at].length : grid->length[grid->at];
}

/* The label there; of a shape 1 or 0; OUTSIDE of the grid. */
static uint32_t label_at(struct grid *grid, float x, float y)
{
	const struct part *part = &grid->part;

	if (!(x >= part->x0 && x < part->x1 && y >= part->y0 && y < part->y1))
		return OUTSIDE;
	uint32_t column = (uint32_t)((x - part->x0) / (part->x1 - part->x0) * (float)grid->width);
	uint32_t row = (uint32_t)((y - part->y0) / (part->y1 - part->y0) * (float)grid->height);

	/* By rounding. */
	column = column < grid->width ? column : grid->width - 1;
	row = row < grid->height ? row : grid->height - 1;
	const uint64_t cell = (uint64_t)row * grid->width + column;

	while (cell < grid->begin) {
		grid->at--;
		grid->begin -= length_at(grid);
	}
	while (cell >= grid->begin + length_at(grid)) {
		grid->begin += length_at(grid);
		grid->at++;
	}
	return grid->run ? grid->run[grid->at].index : grid->at % 2;
}

static struct grid grid_of_mask(const struct gw_finding *finding, const struct gw_mask *mask)
{
	return (struct grid){.part = {finding->x0, finding->y0, finding->x1, finding->y1},
		.width = mask->width,
		.height = mask->height,
		.run = mask->run};
}

static struct grid grid_of_shape(const struct gw_shape *shape)
{
	return (struct grid){.part = {shape->x0, shape->y0, shape->x1, shape->y1},
		.width = shape->width,
		.height = shape->height,
		.length = shape->run};
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t bounded(uint32_t points)
{
	return points < MOST_POINTS ? points : MOST_POINTS;
}

/* Over what both have seen: at the cells of the finer one, or at as many of them as are looked at.
 */
static float points_apart(struct grid *a, struct grid *b)
{
	const struct part *one = &a->part, *other = &b->part;
	const uint32_t columns = bounded(larger(a->width, b->width));
	const uint32_t rows = bounded(larger(a->height, b->height));
	const float x0 = fmaxf(one->x0, other->x0), x1 = fminf(one->x1, other->x1);
	const float y0 = fmaxf(one->y0, other->y0), y1 = fminf(one->y1, other->y1);
	uint32_t apart = 0;

	if (!(x1 > x0 && y1 > y0))
		return 1;
	for (uint32_t row = 0; row < rows; row++) {
		const float y = y0 + (y1 - y0) * ((float)row + 0.5f) / (float)rows;

		for (uint32_t column = 0; column < columns; column++) {
			const float x = x0 + (x1 - x0) * ((float)column + 0.5f) / (float)columns;

			apart += label_at(a, x, y) != label_at(b, x, y);
		}
	}
	return (float)apart / ((float)columns * (float)rows);
}

/* Of grids of as many cells, each: run by run. */
static float cells_apart(const struct gw_mask *a, const struct gw_mask *b)
{
	const uint64_t cells = (uint64_t)a->width * a->height;
	uint32_t in_a = 0, in_b = 0, left_of_a = 0, left_of_b = 0;
	uint64_t apart = 0;

	for (uint64_t cell = 0; cell < cells;) {
		while (left_of_a == 0)
			left_of_a = a->run[in_a++].length;
		while (left_of_b == 0)
			left_of_b = b->run[in_b++].length;
		const uint32_t step = left_of_a < left_of_b ? left_of_a : left_of_b;

		if (a->run[in_a - 1].index != b->run[in_b - 1].index)
			apart += step;
		left_of_a -= step;
		left_of_b -= step;
		cell += step;
	}
	return (float)((double)apart / (double)cells);
}

static bool same_part(const struct part *a, const struct part *b)
{
	return a->x0 == b->x0 && a->y0 == b->y0 && a->x1 == b->x1 && a->y1 == b->y1;
}

float masks_apart(const struct gw_result *one, const struct gw_result *other)
{
	const struct gw_finding *a = &one->findings[0], *b = &other->findings[0];

	if (one->count == 0 || other->count == 0)
		return one->count != other->count;
	const struct gw_mask *of_a = gw_result_rest(one, a), *of_b = gw_result_rest(other, b);
	struct grid grid_a = grid_of_mask(a, of_a), grid_b = grid_of_mask(b, of_b);

	if (of_a->width == of_b->width && of_a->height == of_b->height &&
		same_part(&grid_a.part, &grid_b.part))
		return cells_apart(of_a, of_b);
	return points_apart(&grid_a, &grid_b);
}

float shapes_overlap(const struct gw_shape *one, const struct gw_shape *other)
{
	struct grid a = grid_of_shape(one), b = grid_of_shape(other);
	const float x0 = fminf(one->x0, other->x0), x1 = fmaxf(one->x1, other->x1);
	const float y0 = fminf(one->y0, other->y0), y1 = fmaxf(one->y1, other->y1);
	uint32_t both = 0, any = 0;

	for (uint32_t row = 0; row < SHAPE_POINTS; row++) {
		const float y = y0 + (y1 - y0) * ((float)row + 0.5f) / SHAPE_POINTS;

		for (uint32_t column = 0; column < SHAPE_POINTS; column++) {
			const float x = x0 + (x1 - x0) * ((float)column + 0.5f) / SHAPE_POINTS;
			const bool in_a = label_at(&a, x, y) == 1, in_b = label_at(&b, x, y) == 1;

			both += in_a && in_b;
			any += in_a || in_b;
		}
	}
	/* Too thin for any point: nothing says that they differ. */
	return any > 0 ? (float)both / (float)any : 1;
}
