#include "accel/input/preprocess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/range.h"
#include "core/each_processor.h"

int preprocess_init(struct preprocess *preprocess, const struct model_input *input)
{
	*preprocess = (struct preprocess){.input = input};
	/* A pixel is read as four values: one more than it has. */
	preprocess->row = calloc(UINT16_MAX * MODEL_CHANNELS + 1, sizeof(float));
	if (preprocess->row && planes_init(&preprocess->planes, model_longest_side(input)) == 0 &&
		average_init(&preprocess->average, input) == 0 &&
		tensor_rows_init(&preprocess->rows, input) == 0)
		return 0;
	preprocess_free(preprocess);
	return -ENOMEM;
}

void preprocess_free(struct preprocess *preprocess)
{
	tensor_rows_free(&preprocess->rows);
	average_free(&preprocess->average);
	planes_free(&preprocess->planes);
	free(preprocess->row);
	preprocess->row = NULL;
}

/* Between two rows of `count` values. */
FOR_EACH_PROCESSOR
static void blend_rows(float *restrict row, const uint8_t *restrict a, const uint8_t *restrict b,
	float weight, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		row[i] = (float)a[i] + ((float)b[i] - (float)a[i]) * weight;
}

/* The same from RGB, as luma (ITU-R BT.601, full range, as in JFIF). */
FOR_EACH_PROCESSOR
static void blend_rows_to_luma(float *restrict row, const uint8_t *restrict a,
	const uint8_t *restrict b, float weight, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		float above = 0.299f * a[3 * i] + 0.587f * a[3 * i + 1] + 0.114f * a[3 * i + 2];
		float below = 0.299f * b[3 * i] + 0.587f * b[3 * i + 1] + 0.114f * b[3 * i + 2];

		row[i] = above + (below - above) * weight;
	}
}

FOR_EACH_PROCESSOR
static void resize_gray(float *restrict out, const float *restrict row, const struct taps *taps,
	uint32_t count, float mean, float scale)
{
	const uint32_t *restrict left = taps->a, *restrict right = taps->b;
	const float *restrict weight = taps->weight;

	for (uint32_t i = 0; i < count; i++) {
		float a = row[left[i]], b = row[right[i]];

		out[i] = (a + (b - a) * weight[i] - mean) * scale;
	}
}

/* Red, green, blue, and what stands behind them. */
typedef float pixel __attribute__((vector_size(16)));

static inline pixel load_pixel(const float *from)
{
	pixel p;

	memcpy(&p, from, sizeof(p));
	return p;
}

static inline void store_four(float *to, pixel values)
{
	memcpy(to, &values, sizeof(values));
}

/* Four pixels at a time, each as one vector, then turned into four values of each channel. */
FOR_EACH_PROCESSOR
static void resize_rgb(float *restrict red, float *restrict green, float *restrict blue,
	const float *restrict row, const struct taps *taps, uint32_t count, const float *mean,
	const float *scale)
{
	const pixel means = {mean[0], mean[1], mean[2]}, scales = {scale[0], scale[1], scale[2]};
	uint32_t i = 0;
	pixel p[4];

	for (; i < count; i += 4) {
		const uint32_t n = count - i < 4 ? count - i : 4;

		for (uint32_t k = 0; k < n; k++) {
			pixel a = load_pixel(row + 3 * taps->a[i + k]);
			pixel b = load_pixel(row + 3 * taps->b[i + k]);

			p[k] = (a + (b - a) * taps->weight[i + k] - means) * scales;
		}
		if (n < 4)
			break;
		pixel red_green_01 = __builtin_shufflevector(p[0], p[1], 0, 4, 1, 5);
		pixel red_green_23 = __builtin_shufflevector(p[2], p[3], 0, 4, 1, 5);
		pixel blue_01 = __builtin_shufflevector(p[0], p[1], 2, 6, 3, 7);
		pixel blue_23 = __builtin_shufflevector(p[2], p[3], 2, 6, 3, 7);

		store_four(
			red + i, __builtin_shufflevector(red_green_01, red_green_23, 0, 1, 4, 5));
		store_four(
			green + i, __builtin_shufflevector(red_green_01, red_green_23, 2, 3, 6, 7));
		store_four(blue + i, __builtin_shufflevector(blue_01, blue_23, 0, 1, 4, 5));
	}
	for (uint32_t k = 0; i + k < count; k++) {
		red[i + k] = p[k][0];
		green[i + k] = p[k][1];
		blue[i + k] = p[k][2];
	}
}

/* What resizing subtracts and multiplies by: nothing, where levels are widened afterwards. */
struct levels {
	float mean[MODEL_CHANNELS], scale[MODEL_CHANNELS];
};

static struct levels levels_of(const struct tensor_rows *rows, const struct gw_surface *surface)
{
	struct levels levels = {.scale = {1, 1, 1}};

	if (!surface->limited) {
		memcpy(levels.mean, rows->mean, sizeof(levels.mean));
		memcpy(levels.scale, rows->scale, sizeof(levels.scale));
	}
	return levels;
}

FOR_EACH_PROCESSOR
static void normalize(float *levels, float mean, float scale, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		levels[i] = (levels[i] - mean) * scale;
}

static void widen(const struct tensor_rows *rows, float *const *to, uint32_t count, bool rgb)
{
	if (rgb)
		range_widen_rgb(to[0], to[1], to[2], count);
	for (uint32_t c = 0; c < MODEL_CHANNELS; c++) {
		if (!rgb)
			range_widen_luma(to[c], count);
		normalize(to[c], rows->mean[c], rows->scale[c], count);
	}
}

static void one_channel(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, void *tensor)
{
	const struct tensor_rows *rows = &preprocess->rows;
	const struct levels levels = levels_of(rows, surface);
	const struct plane_taps *luma = &geometry->luma;
	const bool rgb = surface->format == GW_FORMAT_RGB;
	const uint8_t *from = surface->plane[0] + (size_t)luma->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->down; y++) {
		const struct tensor_span span = geometry_span(geometry, y);
		const uint8_t *a = from + (size_t)luma->rows.a[y] * surface->pitch[0];
		const uint8_t *b = from + (size_t)luma->rows.b[y] * surface->pitch[0];
		float *out[MODEL_CHANNELS];

		if (rgb)
			blend_rows_to_luma(
				preprocess->row, a, b, luma->rows.weight[y], luma->count);
		else
			blend_rows(preprocess->row, a, b, luma->rows.weight[y], luma->count);
		tensor_rows_begin(rows, tensor, &span, out);
		resize_gray(out[0], preprocess->row, &luma->columns, geometry->across,
			levels.mean[0], levels.scale[0]);
		if (surface->limited) {
			range_widen_luma(out[0], geometry->across);
			normalize(out[0], rows->mean[0], rows->scale[0], geometry->across);
		}
		tensor_rows_end(rows, tensor, &span);
	}
}

static void three_channels(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, void *tensor)
{
	const struct tensor_rows *rows = &preprocess->rows;
	const struct levels levels = levels_of(rows, surface);
	const struct plane_taps *luma = &geometry->luma;
	const bool rgb = surface->format == GW_FORMAT_RGB;
	const uint8_t *from = surface->plane[0] + (size_t)luma->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->down; y++) {
		const struct tensor_span span = geometry_span(geometry, y);
		const uint8_t *a = from + (size_t)luma->rows.a[y] * surface->pitch[0];
		const uint8_t *b = from + (size_t)luma->rows.b[y] * surface->pitch[0];
		float *out[MODEL_CHANNELS];

		blend_rows(
			preprocess->row, a, b, luma->rows.weight[y], luma->count * (rgb ? 3 : 1));
		tensor_rows_begin(rows, tensor, &span, out);
		if (rgb)
			resize_rgb(out[0], out[1], out[2], preprocess->row, &luma->columns,
				geometry->across, levels.mean, levels.scale);
		for (uint32_t c = 0; !rgb && c < MODEL_CHANNELS; c++)
			resize_gray(out[c], preprocess->row, &luma->columns, geometry->across,
				levels.mean[c], levels.scale[c]);
		if (surface->limited)
			widen(rows, out, geometry->across, rgb);
		tensor_rows_end(rows, tensor, &span);
	}
}

/* What is around a letterboxed picture. */
static void fill_around(
	const struct tensor_rows *rows, const struct geometry *geometry, void *tensor)
{
	for (uint32_t y = 0; y < rows->input->height; y++) {
		const bool beside = y >= geometry->y && y < geometry->y + geometry->height;
		const struct tensor_span span = {
			.x = geometry->x, .y = y, .count = beside ? geometry->width : 0};

		tensor_rows_fill(rows, tensor, &span);
	}
}

void preprocess_run(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, void *tensor)
{
	const struct model_input *input = preprocess->input;
	const struct tensor_rows *rows = &preprocess->rows;

	if (geometry->width < input->width || geometry->height < input->height)
		fill_around(rows, geometry, tensor);
	if (average_is_due(geometry))
		average_run(&preprocess->average, geometry, surface, rows, tensor);
	else if (input->channels == 1)
		one_channel(preprocess, geometry, surface, tensor);
	else if (surface->format == GW_FORMAT_RGB || surface->format == GW_FORMAT_GRAY)
		three_channels(preprocess, geometry, surface, tensor);
	else
		planes_to_rgb(&preprocess->planes, geometry, surface, rows, tensor);
}
