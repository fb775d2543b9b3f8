#include "accel/geometry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool init_taps(struct taps *taps, uint32_t count)
{
	taps->a = calloc(count, sizeof(taps->a[0]));
	taps->b = calloc(count, sizeof(taps->b[0]));
	taps->weight = calloc(count, sizeof(taps->weight[0]));
	return taps->a && taps->b && taps->weight;
}

static void free_taps(struct taps *taps)
{
	free(taps->a);
	free(taps->b);
	free(taps->weight);
}

int geometry_init(
	struct geometry *geometry, const struct model_input *input, const struct gw_region *region)
{
	*geometry = (struct geometry){.input = input};
	if (region)
		geometry->region = *region;
	if (init_taps(&geometry->columns, input->width) &&
		init_taps(&geometry->rows, input->height))
		return 0;
	geometry_free(geometry);
	return -ENOMEM;
}

void geometry_free(struct geometry *geometry)
{
	free_taps(&geometry->columns);
	free_taps(&geometry->rows);
	*geometry = (struct geometry){0};
}

/* A decoder that scales by n/8 rounds the size up: the exact ratio is n/8, not that of the sizes.
 */
static void find_scale(const struct geometry *geometry, double *scale_x, double *scale_y)
{
	for (uint32_t n = 8; n > 0; n--) {
		if ((geometry->source_width * n + 7) / 8 == geometry->image_width &&
			(geometry->source_height * n + 7) / 8 == geometry->image_height) {
			*scale_x = *scale_y = n / 8.0;
			return;
		}
	}
	*scale_x = (double)geometry->image_width / geometry->source_width;
	*scale_y = (double)geometry->image_height / geometry->source_height;
}

/* Which neighbours each of `count` input pixels lies between, when they span begin..end of a
 * picture `size` pixels wide. Beyond the outermost centres of the span its edge goes on. */
static void fill_taps(struct taps *taps, uint32_t count, double begin, double end, uint32_t size)
{
	const double step = (end - begin) / count;
	const double lowest = floor(begin + 1e-6);
	const double highest = fmax(lowest, fmin(ceil(end - 1e-6), size) - 1);

	for (uint32_t i = 0; i < count; i++) {
		double at = begin + (i + 0.5) * step - 0.5;
		double clamped = fmin(fmax(at, lowest), highest);
		double a = floor(clamped);

		taps->a[i] = (uint32_t)a;
		taps->b[i] = (uint32_t)fmin(a + 1, highest);
		taps->weight[i] = (float)(clamped - a);
	}
}

/* Columns are counted from the first that is read. */
static void make_relative(struct geometry *geometry)
{
	geometry->first = geometry->columns.a[0];
	geometry->count = geometry->columns.b[geometry->width - 1] - geometry->first + 1;
	for (uint32_t i = 0; i < geometry->width; i++) {
		geometry->columns.a[i] -= geometry->first;
		geometry->columns.b[i] -= geometry->first;
	}
}

static void place(struct geometry *geometry, uint32_t width, uint32_t height)
{
	const struct model_input *input = geometry->input;

	geometry->x = 0;
	geometry->y = 0;
	geometry->width = input->width;
	geometry->height = input->height;
	if (input->fit == MODEL_FIT_STRETCH)
		return;
	double scale = fmin((double)input->width / width, (double)input->height / height);

	geometry->width = (uint32_t)fmin(fmax(round(width * scale), 1), input->width);
	geometry->height = (uint32_t)fmin(fmax(round(height * scale), 1), input->height);
	geometry->x = (input->width - geometry->width) / 2;
	geometry->y = (input->height - geometry->height) / 2;
}

static uint32_t extent(uint32_t from, uint32_t wanted, uint32_t size)
{
	return wanted == 0 || wanted > size - from ? size - from : wanted;
}

int geometry_update(struct geometry *geometry, uint16_t source_width, uint16_t source_height,
	uint16_t image_width, uint16_t image_height)
{
	const struct gw_region *region = &geometry->region;
	double scale_x, scale_y;

	if (source_width == 0 || source_height == 0 || image_width == 0 || image_height == 0 ||
		region->x >= source_width || region->y >= source_height)
		return -ERANGE;
	if (geometry->source_width == source_width && geometry->source_height == source_height &&
		geometry->image_width == image_width && geometry->image_height == image_height)
		return 0;
	geometry->source_width = source_width;
	geometry->source_height = source_height;
	geometry->image_width = image_width;
	geometry->image_height = image_height;

	uint32_t width = extent(region->x, region->width, source_width);
	uint32_t height = extent(region->y, region->height, source_height);

	find_scale(geometry, &scale_x, &scale_y);
	place(geometry, width, height);
	fill_taps(&geometry->columns, geometry->width, region->x * scale_x,
		(region->x + width) * scale_x, image_width);
	fill_taps(&geometry->rows, geometry->height, region->y * scale_y,
		(region->y + height) * scale_y, image_height);
	make_relative(geometry);
	geometry->map = (struct input_map){
		.origin_x = region->x,
		.origin_y = region->y,
		.step_x = (float)width / (float)geometry->width,
		.step_y = (float)height / (float)geometry->height,
		.pad_x = (float)geometry->x,
		.pad_y = (float)geometry->y,
		.left = region->x,
		.top = region->y,
		.right = (float)(region->x + width),
		.bottom = (float)(region->y + height),
	};
	return 0;
}
