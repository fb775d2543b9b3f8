#include "accel/geometry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool init_taps(struct taps *taps, uint32_t count)
{
	taps->a = calloc(count, sizeof(taps->a[0]));
	taps->b = calloc(count, sizeof(taps->b[0]));
	taps->weight = calloc(count, sizeof(taps->weight[0]));
	taps->fraction = calloc(count, sizeof(taps->fraction[0]));
	return taps->a && taps->b && taps->weight && taps->fraction;
}

static void free_taps(struct taps *taps)
{
	free(taps->a);
	free(taps->b);
	free(taps->weight);
	free(taps->fraction);
}

static bool init_plane_taps(struct plane_taps *taps, const struct model_input *input)
{
	taps->windows = calloc(
		(input->width + WINDOW_COLUMNS - 1) / WINDOW_COLUMNS, sizeof(taps->windows[0]));
	return taps->windows && init_taps(&taps->columns, input->width) &&
		init_taps(&taps->rows, input->height);
}

static void free_plane_taps(struct plane_taps *taps)
{
	free_taps(&taps->columns);
	free_taps(&taps->rows);
	free(taps->windows);
}

int geometry_init(struct geometry *geometry, const struct model_input *input)
{
	*geometry = (struct geometry){.input = input};
	if (init_plane_taps(&geometry->luma, input) && init_plane_taps(&geometry->chroma, input))
		return 0;
	geometry_free(geometry);
	return -ENOMEM;
}

void geometry_free(struct geometry *geometry)
{
	free_plane_taps(&geometry->luma);
	free_plane_taps(&geometry->chroma);
	*geometry = (struct geometry){0};
}

/* A decoder that scales by n/8 rounds the size up: the exact ratio is n/8, not that of the sizes.
 */
static void find_scale(const struct geometry *geometry, double *scale_x, double *scale_y)
{
	for (uint32_t n = 8; n > 0; n--) {
		if ((geometry->source_width * n + 7) / 8 == geometry->picture_width &&
			(geometry->source_height * n + 7) / 8 == geometry->picture_height) {
			*scale_x = *scale_y = n / 8.0;
			return;
		}
	}
	*scale_x = (double)geometry->picture_width / geometry->source_width;
	*scale_y = (double)geometry->picture_height / geometry->source_height;
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
		double a = fmax(fmin(floor(clamped), highest - 1), lowest);

		taps->a[i] = (uint32_t)a;
		taps->b[i] = (uint32_t)fmin(a + 1, highest);
		taps->weight[i] = (float)(clamped - a);
		taps->fraction[i] = (int16_t)fmin(round((clamped - a) * 32768), INT16_MAX);
	}
}

/* Columns are counted from the first that is read. */
static void make_relative(struct plane_taps *taps, uint32_t width)
{
	taps->first = taps->columns.a[0];
	taps->count = taps->columns.b[width - 1] - taps->first + 1;
	for (uint32_t i = 0; i < width; i++) {
		taps->columns.a[i] -= taps->first;
		taps->columns.b[i] -= taps->first;
	}
}

static void fill_windows(struct plane_taps *taps, uint32_t width)
{
	const struct taps *columns = &taps->columns;

	taps->dense = taps->count >= WINDOW_SAMPLES;
	for (uint32_t i = 0; i < width && taps->dense; i++) {
		struct column_window *window = &taps->windows[i / WINDOW_COLUMNS];
		uint8_t *place = &window->place[i % WINDOW_COLUMNS * 2];

		/* The last one ends where the row does. */
		if (i % WINDOW_COLUMNS == 0)
			window->begin = columns->a[i] < taps->count - WINDOW_SAMPLES
				? columns->a[i]
				: taps->count - WINDOW_SAMPLES;
		taps->dense = columns->b[i] - window->begin < WINDOW_SAMPLES;
		place[0] = (uint8_t)(columns->a[i] - window->begin);
		place[1] = (uint8_t)(columns->b[i] - window->begin);
	}
}

/* Part of a plane, in its own samples. */
struct span {
	double left, right, top, bottom;
};

/* `share_x` by `share_y` pixels of the picture share one sample of the plane. */
static void fill_plane_taps(struct plane_taps *taps, const struct geometry *geometry,
	const struct span *span, uint32_t share_x, uint32_t share_y)
{
	fill_taps(&taps->columns, geometry->width, span->left / share_x, span->right / share_x,
		(geometry->picture_width + share_x - 1) / share_x);
	fill_taps(&taps->rows, geometry->height, span->top / share_y, span->bottom / share_y,
		(geometry->picture_height + share_y - 1) / share_y);
	make_relative(taps, geometry->width);
	fill_windows(taps, geometry->width);
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

static bool same_region(const struct gw_region *a, const struct gw_region *b)
{
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

bool geometry_is_for(const struct geometry *geometry, const struct gw_region *region,
	uint16_t source_width, uint16_t source_height, const struct gw_surface *surface)
{
	static const struct gw_region all;

	return source_width > 0 && geometry->source_width == source_width &&
		geometry->source_height == source_height &&
		geometry->picture_width == surface->width &&
		geometry->picture_height == surface->height &&
		geometry->format == surface->format &&
		same_region(&geometry->region, region ? region : &all);
}

int geometry_update(struct geometry *geometry, const struct gw_region *wanted,
	uint16_t source_width, uint16_t source_height, const struct gw_surface *surface)
{
	const struct gw_region *region = &geometry->region;
	double scale_x, scale_y;

	geometry->region = wanted ? *wanted : (struct gw_region){0};
	geometry->source_width = 0;
	if (source_width == 0 || source_height == 0 || surface->width == 0 ||
		surface->height == 0 || region->x >= source_width || region->y >= source_height)
		return -ERANGE;
	geometry->source_width = source_width;
	geometry->source_height = source_height;
	geometry->picture_width = surface->width;
	geometry->picture_height = surface->height;
	geometry->format = surface->format;

	uint32_t width = extent(region->x, region->width, source_width);
	uint32_t height = extent(region->y, region->height, source_height);

	find_scale(geometry, &scale_x, &scale_y);
	place(geometry, width, height);
	const struct span span = {
		.left = region->x * scale_x,
		.right = (region->x + width) * scale_x,
		.top = region->y * scale_y,
		.bottom = (region->y + height) * scale_y,
	};
	fill_plane_taps(&geometry->luma, geometry, &span, 1, 1);
	if (surface->format == GW_FORMAT_I444)
		fill_plane_taps(&geometry->chroma, geometry, &span, 1, 1);
	else if (surface->format == GW_FORMAT_I422)
		fill_plane_taps(&geometry->chroma, geometry, &span, 2, 1);
	else if (surface->format == GW_FORMAT_I420)
		fill_plane_taps(&geometry->chroma, geometry, &span, 2, 2);
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

int geometry_cache_init(struct geometry_cache *cache, const struct model_input *input)
{
	*cache = (struct geometry_cache){0};
	for (int i = 0; i < GEOMETRIES; i++) {
		if (geometry_init(&cache->geometry[i], input) != 0) {
			geometry_cache_free(cache);
			return -ENOMEM;
		}
	}
	return 0;
}

void geometry_cache_free(struct geometry_cache *cache)
{
	for (int i = 0; i < GEOMETRIES; i++)
		geometry_free(&cache->geometry[i]);
}

const struct geometry *geometry_cache_get(struct geometry_cache *cache,
	const struct gw_region *region, uint16_t source_width, uint16_t source_height,
	const struct gw_surface *surface)
{
	int oldest = 0;

	cache->count++;
	for (int i = 0; i < GEOMETRIES; i++) {
		if (geometry_is_for(
			    &cache->geometry[i], region, source_width, source_height, surface)) {
			cache->asked[i] = cache->count;
			return &cache->geometry[i];
		}
		if (cache->asked[i] < cache->asked[oldest])
			oldest = i;
	}
	cache->asked[oldest] = cache->count;
	return geometry_update(
		       &cache->geometry[oldest], region, source_width, source_height, surface) == 0
		? &cache->geometry[oldest]
		: NULL;
}
