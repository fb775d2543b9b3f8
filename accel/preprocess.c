#include "accel/preprocess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The loops below are for the compiler to vectorise: it is built with -O3, for more than one kind
 * of processor where the toolchain can choose at run time. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

int preprocess_init(struct preprocess *preprocess, const struct model_input *input)
{
	preprocess->input = input;
	preprocess->row = malloc(UINT16_MAX * MODEL_CHANNELS * sizeof(float));
	return preprocess->row ? 0 : -ENOMEM;
}

void preprocess_free(struct preprocess *preprocess)
{
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

FOR_EACH_PROCESSOR
static void resize_rgb(float *restrict red, float *restrict green, float *restrict blue,
	const float *restrict row, const struct taps *taps, uint32_t count, const float *mean,
	const float *scale)
{
	const uint32_t *restrict left = taps->a, *restrict right = taps->b;
	const float *restrict weight = taps->weight;
	const float mean_r = mean[0], mean_g = mean[1], mean_b = mean[2];
	const float scale_r = scale[0], scale_g = scale[1], scale_b = scale[2];

	for (uint32_t i = 0; i < count; i++) {
		const float *a = row + 3 * left[i], *b = row + 3 * right[i];
		const float w = weight[i];

		red[i] = (a[0] + (b[0] - a[0]) * w - mean_r) * scale_r;
		green[i] = (a[1] + (b[1] - a[1]) * w - mean_g) * scale_g;
		blue[i] = (a[2] + (b[2] - a[2]) * w - mean_b) * scale_b;
	}
}

static void one_channel(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_image *image, float *tensor)
{
	const struct model_input *input = preprocess->input;
	const bool rgb = image->format == GW_FORMAT_RGB;
	const uint8_t *from = image->plane[0] + (size_t)geometry->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->height; y++) {
		const uint8_t *a = from + (size_t)geometry->rows.a[y] * image->pitch[0];
		const uint8_t *b = from + (size_t)geometry->rows.b[y] * image->pitch[0];
		float *out = tensor + (size_t)(geometry->y + y) * input->width + geometry->x;

		if (rgb)
			blend_rows_to_luma(
				preprocess->row, a, b, geometry->rows.weight[y], geometry->count);
		else
			blend_rows(
				preprocess->row, a, b, geometry->rows.weight[y], geometry->count);
		resize_gray(out, preprocess->row, &geometry->columns, geometry->width,
			input->mean[0], input->scale[0]);
	}
}

static void three_channels(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_image *image, float *tensor)
{
	const struct model_input *input = preprocess->input;
	const size_t plane = (size_t)input->width * input->height;
	const bool rgb = image->format == GW_FORMAT_RGB;
	const uint8_t *from = image->plane[0] + (size_t)geometry->first * (rgb ? 3 : 1);

	for (uint32_t y = 0; y < geometry->height; y++) {
		const uint8_t *a = from + (size_t)geometry->rows.a[y] * image->pitch[0];
		const uint8_t *b = from + (size_t)geometry->rows.b[y] * image->pitch[0];
		float *out = tensor + (size_t)(geometry->y + y) * input->width + geometry->x;

		blend_rows(preprocess->row, a, b, geometry->rows.weight[y],
			geometry->count * (rgb ? 3 : 1));
		if (rgb) {
			resize_rgb(out, out + plane, out + 2 * plane, preprocess->row,
				&geometry->columns, geometry->width, input->mean, input->scale);
			continue;
		}
		for (uint32_t c = 0; c < MODEL_CHANNELS; c++)
			resize_gray(out + c * plane, preprocess->row, &geometry->columns,
				geometry->width, input->mean[c], input->scale[c]);
	}
}

int preprocess_run(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_image *image, float *tensor)
{
	const struct model_input *input = preprocess->input;
	const bool luma_only = image->format != GW_FORMAT_RGB && image->format != GW_FORMAT_GRAY;

	if (luma_only && input->channels != 1)
		return -ENOTSUP;
	/* Letterboxed: the frame around the picture is the mean, which is 0 in the tensor. */
	if (geometry->width < input->width || geometry->height < input->height)
		memset(tensor, 0,
			(size_t)input->channels * input->width * input->height * sizeof(float));
	if (input->channels == 1)
		one_channel(preprocess, geometry, image, tensor);
	else
		three_channels(preprocess, geometry, image, tensor);
	return 0;
}
