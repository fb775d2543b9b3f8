#include "accel/preprocess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/each_processor.h"

int preprocess_init(struct preprocess *preprocess, const struct model_input *input)
{
	preprocess->input = input;
	/* A pixel is read as four values: one more than it has. */
	preprocess->row = calloc(UINT16_MAX * MODEL_CHANNELS + 1, sizeof(float));
	if (preprocess->row && planes_init(&preprocess->planes, input->width) == 0)
		return 0;
	preprocess_free(preprocess);
	return -ENOMEM;
}

void preprocess_free(struct preprocess *preprocess)
{
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

static void one_channel(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, float *tensor)
{
	const struct model_input *input = preprocess->input;
	const struct plane_taps *luma = &geometry->luma;
	const bool rgb = surface->format == GW_FORMAT_RGB;
	const uint8_t *from = surface->plane[0] + (size_t)luma->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->height; y++) {
		const uint8_t *a = from + (size_t)luma->rows.a[y] * surface->pitch[0];
		const uint8_t *b = from + (size_t)luma->rows.b[y] * surface->pitch[0];
		float *out = tensor + (size_t)(geometry->y + y) * input->width + geometry->x;

		if (rgb)
			blend_rows_to_luma(
				preprocess->row, a, b, luma->rows.weight[y], luma->count);
		else
			blend_rows(preprocess->row, a, b, luma->rows.weight[y], luma->count);
		resize_gray(out, preprocess->row, &luma->columns, geometry->width, input->mean[0],
			input->scale[0]);
	}
}

static void three_channels(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, float *tensor)
{
	const struct model_input *input = preprocess->input;
	const struct plane_taps *luma = &geometry->luma;
	const size_t plane = (size_t)input->width * input->height;
	const bool rgb = surface->format == GW_FORMAT_RGB;
	const uint8_t *from = surface->plane[0] + (size_t)luma->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->height; y++) {
		const uint8_t *a = from + (size_t)luma->rows.a[y] * surface->pitch[0];
		const uint8_t *b = from + (size_t)luma->rows.b[y] * surface->pitch[0];
		float *out = tensor + (size_t)(geometry->y + y) * input->width + geometry->x;

		blend_rows(
			preprocess->row, a, b, luma->rows.weight[y], luma->count * (rgb ? 3 : 1));
		if (rgb) {
			resize_rgb(out, out + plane, out + 2 * plane, preprocess->row,
				&luma->columns, geometry->width, input->mean, input->scale);
			continue;
		}
		for (uint32_t c = 0; c < MODEL_CHANNELS; c++)
			resize_gray(out + c * plane, preprocess->row, &luma->columns,
				geometry->width, input->mean[c], input->scale[c]);
	}
}

void preprocess_run(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, float *tensor)
{
	const struct model_input *input = preprocess->input;

	/* Letterboxed: the frame around the picture is the mean, which is 0 in the tensor. */
	if (geometry->width < input->width || geometry->height < input->height)
		memset(tensor, 0,
			(size_t)input->channels * input->width * input->height * sizeof(float));
	if (input->channels == 1)
		one_channel(preprocess, geometry, surface, tensor);
	else if (surface->format == GW_FORMAT_RGB || surface->format == GW_FORMAT_GRAY)
		three_channels(preprocess, geometry, surface, tensor);
	else
		planes_to_rgb(&preprocess->planes, geometry, surface, input, tensor);
}
