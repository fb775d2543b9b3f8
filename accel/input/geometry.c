#include "accel/input/geometry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/orientation.h"

/* Pixels of the source to one of the input, from which on averages are made ... */
#define SHRUNK 2.0
/* ... unless the decoder has left so few of them that two neighbours hardly leave anything out. */
#define FEW_LEFT 1.75

static bool init_taps(struct taps *taps, uint32_t count)
{
	taps->a = calloc(count, sizeof(taps->a[0]));
	taps->b = calloc(count, sizeof(taps->b[0]));
	taps->weight = calloc(count, sizeof(taps->weight[0]));
	taps->fraction = calloc(count, sizeof(taps->fraction[0]));
	taps->inner = calloc(count, sizeof(taps->inner[0]));
	taps->last = calloc(count, sizeof(taps->last[0]));
	return taps->a && taps->b && taps->weight && taps->fraction && taps->inner && taps->last;
}

static void free_taps(struct taps *taps)
{
	free(taps->a);
	free(taps->b);
	free(taps->weight);
	free(taps->fraction);
	free(taps->inner);
	free(taps->last);
}

static bool init_plane_taps(struct plane_taps *taps, const struct model_input *input)
{
	const uint32_t count = model_longest_side(input);

	taps->windows =
		calloc((count + WINDOW_COLUMNS - 1) / WINDOW_COLUMNS, sizeof(taps->windows[0]));
	return taps->windows && init_taps(&taps->columns, count) && init_taps(&taps->rows, count);
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
	const bool swapped = gw_orientation_swaps(geometry->orientation);
	const uint32_t width = swapped ? geometry->picture_height : geometry->picture_width;
	const uint32_t height = swapped ? geometry->picture_width : geometry->picture_height;

	for (uint32_t n = 8; n > 0; n--) {
		if ((geometry->source_width * n + 7) / 8 == width &&
			(geometry->source_height * n + 7) / 8 == height) {
			*scale_x = *scale_y = n / 8.0;
			return;
		}
	}
	*scale_x = (double)width / geometry->source_width;
	*scale_y = (double)height / geometry->source_height;
}

/* One direction of a plane, in its own samples. */
struct reach {
	double begin, end; /* what the input sees */
	double lowest, highest; /* samples that may be read */
	double shrink; /* pixels of the source to one of the input */
};

/* Which neighbours each of `count` input pixels lies between. Beyond the outermost centres that may
 * be read the edge goes on. */
static void fill_neighbours(struct taps *taps, uint32_t count, const struct reach *reach)
{
	const double step = (reach->end - reach->begin) / count;

	for (uint32_t i = 0; i < count; i++) {
		double at = reach->begin + (i + 0.5) * step - 0.5;
		double clamped = fmin(fmax(at, reach->lowest), reach->highest);
		double a = fmax(fmin(floor(clamped), reach->highest - 1), reach->lowest);

		taps->a[i] = (uint32_t)a;
		taps->b[i] = (uint32_t)fmin(a + 1, reach->highest);
		taps->weight[i] = (float)(clamped - a);
		taps->fraction[i] = (int16_t)fmin(round((clamped - a) * 32768), INT16_MAX);
	}
}

/* Which samples each of `count` input pixels covers, and how much of the outer ones. */
static void fill_ranges(struct taps *taps, uint32_t count, const struct reach *reach)
{
	const double step = (reach->end - reach->begin) / count;

	taps->narrow = true;
	for (uint32_t i = 0; i < count; i++) {
		const double begin = fmax(reach->begin + i * step, reach->lowest);
		const double end = fmin(reach->begin + (i + 1) * step, reach->highest + 1);
		const double a = floor(begin + 1e-6), b = fmax(a, ceil(end - 1e-6) - 1);
		const double inner = 1 / fmax(end - begin, 1e-6);

		taps->a[i] = (uint32_t)a;
		taps->b[i] = (uint32_t)b;
		taps->weight[i] = b > a ? (float)(fmin(a + 1 - begin, 1) * inner) : 1;
		taps->inner[i] = b > a + 1 ? (float)inner : 0;
		taps->last[i] = b > a ? (float)((end - b) * inner) : 0;
		taps->narrow = taps->narrow && b <= a + 2;
	}
}

static void fill_taps(struct taps *taps, uint32_t count, const struct reach *reach, bool antialias)
{
	taps->averaged = antialias && reach->shrink > SHRUNK + 1e-6 &&
		(reach->end - reach->begin) / count > FEW_LEFT;
	if (taps->averaged)
		fill_ranges(taps, count, reach);
	else
		fill_neighbours(taps, count, reach);
}

static void swap(void *values, size_t size, uint32_t i, uint32_t k)
{
	uint8_t *one = (uint8_t *)values + i * size, *other = (uint8_t *)values + k * size;
	uint8_t kept[sizeof(uint32_t)];

	memcpy(kept, one, size);
	memcpy(one, other, size);
	memcpy(other, kept, size);
}

static void mirror(struct taps *taps, uint32_t count)
{
	for (uint32_t i = 0, k = count - 1; i < k; i++, k--) {
		swap(taps->a, sizeof(taps->a[0]), i, k);
		swap(taps->b, sizeof(taps->b[0]), i, k);
		swap(taps->weight, sizeof(taps->weight[0]), i, k);
		swap(taps->fraction, sizeof(taps->fraction[0]), i, k);
		swap(taps->inner, sizeof(taps->inner[0]), i, k);
		swap(taps->last, sizeof(taps->last[0]), i, k);
	}
}

/* Columns are counted from the first that is read. */
static void make_relative(struct plane_taps *taps, uint32_t width, bool mirrored)
{
	taps->first = taps->columns.a[mirrored ? width - 1 : 0];
	taps->count = taps->columns.b[mirrored ? 0 : width - 1] - taps->first + 1;
	for (uint32_t i = 0; i < width; i++) {
		taps->columns.a[i] -= taps->first;
		taps->columns.b[i] -= taps->first;
	}
}

static void fill_windows(struct plane_taps *taps, uint32_t width, bool mirrored)
{
	const struct taps *columns = &taps->columns;

	taps->dense = !columns->averaged && taps->count >= WINDOW_SAMPLES;
	for (uint32_t i = 0; i < width && taps->dense; i++) {
		struct column_window *window = &taps->windows[i / WINDOW_COLUMNS];
		uint8_t *place = &window->place[i % WINDOW_COLUMNS * 2];

		/* The last one ends where the row does. */
		if (i % WINDOW_COLUMNS == 0) {
			const uint32_t end =
				i + WINDOW_COLUMNS < width ? i + WINDOW_COLUMNS : width;
			const uint32_t least = columns->a[mirrored ? end - 1 : i];

			window->begin = least < taps->count - WINDOW_SAMPLES
				? least
				: taps->count - WINDOW_SAMPLES;
		}
		taps->dense = columns->b[i] - window->begin < WINDOW_SAMPLES;
		place[0] = (uint8_t)(columns->a[i] - window->begin);
		place[1] = (uint8_t)(columns->b[i] - window->begin);
	}
}

/* One direction of the picture, as it is seen. */
struct side {
	double scale; /* decoded pixels to one of the source */
	double region, region_end; /* in pixels of the source */
	double begin, end; /* what the input sees of the region */
	uint32_t length; /* of the source picture */
	uint32_t count; /* pixels of the input */
	bool mirrored; /* what is stored begins at the far end */
};

/* `share` pixels of the decoded picture share one sample. A sample at the far edge that is partly
 * beyond the source picture is what the decoder made up. */
static struct reach reach_of(const struct side *side, uint32_t share)
{
	const double scale = side->scale / share, length = side->length;
	const double region = side->mirrored ? length - side->region_end : side->region;
	const double region_end = side->mirrored ? length - side->region : side->region_end;
	const double whole = fmax(floor(length * scale + 1e-6), 1);
	const double lowest = fmin(floor(region * scale + 1e-6), whole - 1);
	const double end = fmin(ceil(region_end * scale - 1e-6), whole);

	return (struct reach){
		.begin = (side->mirrored ? length - side->end : side->begin) * scale,
		.end = (side->mirrored ? length - side->begin : side->end) * scale,
		.lowest = lowest,
		.highest = fmax(lowest, end - 1),
		.shrink = (side->end - side->begin) / side->count,
	};
}

/* `share_x` by `share_y` pixels of the picture share one sample of the plane; `across` and `down`
 * are the picture's sides as it is stored. */
static void fill_plane_taps(struct plane_taps *taps, const struct geometry *geometry,
	const struct side *across, const struct side *down, uint32_t share_x, uint32_t share_y)
{
	const struct reach columns = reach_of(across, share_x), rows = reach_of(down, share_y);
	const bool antialias = geometry->input->antialias;

	fill_taps(&taps->columns, across->count, &columns, antialias);
	fill_taps(&taps->rows, down->count, &rows, antialias);
	if (across->mirrored)
		mirror(&taps->columns, across->count);
	if (down->mirrored)
		mirror(&taps->rows, down->count);
	make_relative(taps, across->count, across->mirrored);
	fill_windows(taps, across->count, across->mirrored);
}

/* Where the first of `seen` pixels in the middle of `all` stands; halves go to the even number, as
 * torchvision's CenterCrop has them. */
static uint32_t middle(uint32_t all, uint32_t seen)
{
	return (uint32_t)nearbyint((all - seen) / 2.0);
}

/* Returns the size that the whole region is resized to. */
static struct gw_fit_size place(struct geometry *geometry)
{
	const struct model_input *input = geometry->input;
	const struct gw_fit_size size = gw_fit_resize(input->fit, input->resize,
		(struct gw_fit_size){input->width, input->height}, geometry->seen);

	geometry->width = size.width < input->width ? size.width : input->width;
	geometry->height = size.height < input->height ? size.height : input->height;
	geometry->cut_x = middle(size.width, geometry->width);
	geometry->cut_y = middle(size.height, geometry->height);
	geometry->x = geometry->y = 0;
	if (input->align == MODEL_CENTER) {
		geometry->x = (input->width - geometry->width) / 2;
		geometry->y = (input->height - geometry->height) / 2;
	}
	return size;
}

static uint32_t extent(uint32_t from, uint32_t wanted, uint32_t size)
{
	return wanted == 0 || wanted > size - from ? size - from : wanted;
}

static bool same_region(const struct gw_region *a, const struct gw_region *b)
{
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

struct tensor_span geometry_span(const struct geometry *geometry, uint32_t i)
{
	if (gw_orientation_swaps(geometry->orientation))
		return (struct tensor_span){
			.x = geometry->x + i,
			.y = geometry->y,
			.count = geometry->height,
			.down = true,
			.number = i,
			.last = i == geometry->width - 1,
		};
	return (struct tensor_span){
		.x = geometry->x, .y = geometry->y + i, .count = geometry->width};
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
		geometry->orientation == surface->orientation &&
		same_region(&geometry->region, region ? region : &all);
}

bool geometry_is_possible(const struct gw_region *region, uint16_t source_width,
	uint16_t source_height, const struct gw_surface *surface)
{
	return source_width > 0 && source_height > 0 && surface->width > 0 && surface->height > 0 &&
		(!region || (region->x < source_width && region->y < source_height));
}

int geometry_update(struct geometry *geometry, const struct gw_region *wanted,
	uint16_t source_width, uint16_t source_height, const struct gw_surface *surface)
{
	const struct gw_region *region = &geometry->region;
	double scale_x, scale_y;

	geometry->region = wanted ? *wanted : (struct gw_region){0};
	geometry->source_width = 0;
	if (!geometry_is_possible(wanted, source_width, source_height, surface))
		return -ERANGE;
	geometry->source_width = source_width;
	geometry->source_height = source_height;
	geometry->picture_width = surface->width;
	geometry->picture_height = surface->height;
	geometry->format = surface->format;
	geometry->orientation = surface->orientation;

	geometry->seen = (struct gw_fit_size){
		.width = extent(region->x, region->width, source_width),
		.height = extent(region->y, region->height, source_height),
	};
	find_scale(geometry, &scale_x, &scale_y);
	const struct gw_fit_size size = place(geometry);
	const double step_x = (double)geometry->seen.width / size.width;
	const double step_y = (double)geometry->seen.height / size.height;
	const struct side horizontal = {
		.scale = scale_x,
		.region = region->x,
		.region_end = region->x + geometry->seen.width,
		.begin = region->x + geometry->cut_x * step_x,
		.end = region->x + (geometry->cut_x + geometry->width) * step_x,
		.length = source_width,
		.count = geometry->width,
		.mirrored = gw_orientation_mirrors_x(surface->orientation),
	};
	const struct side vertical = {
		.scale = scale_y,
		.region = region->y,
		.region_end = region->y + geometry->seen.height,
		.begin = region->y + geometry->cut_y * step_y,
		.end = region->y + (geometry->cut_y + geometry->height) * step_y,
		.length = source_height,
		.count = geometry->height,
		.mirrored = gw_orientation_mirrors_y(surface->orientation),
	};
	const bool swapped = gw_orientation_swaps(surface->orientation);
	const struct side *across = swapped ? &vertical : &horizontal;
	const struct side *down = swapped ? &horizontal : &vertical;

	geometry->across = across->count;
	geometry->down = down->count;

	fill_plane_taps(&geometry->luma, geometry, across, down, 1, 1);
	if (surface->format == GW_FORMAT_I444)
		fill_plane_taps(&geometry->chroma, geometry, across, down, 1, 1);
	else if (surface->format == GW_FORMAT_I422)
		fill_plane_taps(&geometry->chroma, geometry, across, down, 2, 1);
	else if (surface->format == GW_FORMAT_I420)
		fill_plane_taps(&geometry->chroma, geometry, across, down, 2, 2);
	geometry->map = (struct input_map){
		.origin_x = (float)horizontal.begin,
		.origin_y = (float)vertical.begin,
		.step_x = (float)step_x,
		.step_y = (float)step_y,
		.pad_x = (float)geometry->x,
		.pad_y = (float)geometry->y,
		.left = (float)horizontal.begin,
		.top = (float)vertical.begin,
		.right = (float)horizontal.end,
		.bottom = (float)vertical.end,
	};
	return 0;
}
