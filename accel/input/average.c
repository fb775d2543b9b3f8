#include "accel/input/average.h"

#include <errno.h>
#include <stdlib.h>

#include "accel/input/range.h"
#include "core/each_processor.h"

#define HALF_RANGE 128

int average_init(struct average *average, const struct model_input *input)
{
	/* One pixel more may be read than there are. */
	average->line = calloc((size_t)(UINT16_MAX + 1) * MODEL_CHANNELS, sizeof(float));
	average->components = calloc((size_t)model_longest_side(input) * GW_PLANES, sizeof(float));
	if (average->line && average->components)
		return 0;
	average_free(average);
	return -ENOMEM;
}

void average_free(struct average *average)
{
	free(average->line);
	free(average->components);
	*average = (struct average){0};
}

bool average_is_due(const struct geometry *geometry)
{
	return geometry->luma.columns.averaged || geometry->luma.rows.averaged;
}

FOR_EACH_PROCESSOR
static void begin_line(
	float *restrict line, const uint8_t *restrict row, float weight, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		line[i] = (float)row[i] * weight;
}

FOR_EACH_PROCESSOR
static void add_to_line(
	float *restrict line, const uint8_t *restrict row, float weight, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		line[i] += (float)row[i] * weight;
}

FOR_EACH_PROCESSOR
static void blend_lines(float *restrict line, const uint8_t *restrict above,
	const uint8_t *restrict below, float first, float last, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		line[i] = (float)above[i] * first + (float)below[i] * last;
}

/* The mean of the rows that row y of the input covers, or what lies between two of them. */
static void make_line(float *line, const uint8_t *from, uint32_t pitch, const struct taps *rows,
	uint32_t y, uint32_t count)
{
	const uint32_t a = rows->a[y], b = rows->b[y];
	const float first = rows->averaged ? rows->weight[y] : 1 - rows->weight[y];
	const float last = rows->averaged ? rows->last[y] : rows->weight[y];

	if (b == a + 1) {
		blend_lines(line, from + (size_t)a * pitch, from + (size_t)b * pitch, first, last,
			count);
		return;
	}
	begin_line(line, from + (size_t)a * pitch, first, count);
	for (uint32_t i = a + 1; i < b; i++)
		add_to_line(line, from + (size_t)i * pitch, rows->inner[y], count);
	if (last > 0)
		add_to_line(line, from + (size_t)b * pitch, last, count);
}

/* The same across; `stride` values stand for one pixel. */
FOR_EACH_PROCESSOR
static void between_columns(float *restrict out, const float *restrict line, uint32_t stride,
	const struct taps *columns, uint32_t count)
{
	const uint32_t *restrict a = columns->a, *restrict b = columns->b;
	const float *restrict weight = columns->weight;

	for (uint32_t i = 0; i < count; i++) {
		const float left = line[stride * a[i]], right = line[stride * b[i]];

		out[i] = left + (right - left) * weight[i];
	}
}

/* Behind a range of one pixel another value is read and not counted. */
FOR_EACH_PROCESSOR
static void mean_of_three_columns(float *restrict out, const float *restrict line, uint32_t stride,
	const struct taps *columns, uint32_t count)
{
	const uint32_t *restrict a = columns->a, *restrict b = columns->b;
	const float *restrict first = columns->weight, *restrict last = columns->last;
	const float *restrict inner = columns->inner;

	for (uint32_t i = 0; i < count; i++)
		out[i] = line[stride * a[i]] * first[i] + line[stride * a[i] + stride] * inner[i] +
			line[stride * b[i]] * last[i];
}

static void mean_of_columns(float *restrict out, const float *restrict line, uint32_t stride,
	const struct taps *columns, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const float *a = line + (size_t)stride * columns->a[i];
		const float *b = line + (size_t)stride * columns->b[i];
		float inner = 0;

		for (const float *at = a + stride; at < b; at += stride)
			inner += *at;
		out[i] =
			*a * columns->weight[i] + inner * columns->inner[i] + *b * columns->last[i];
	}
}

static void resize_line(
	float *out, const float *line, uint32_t stride, const struct taps *columns, uint32_t count)
{
	if (!columns->averaged)
		between_columns(out, line, stride, columns, count);
	else if (columns->narrow)
		mean_of_three_columns(out, line, stride, columns, count);
	else
		mean_of_columns(out, line, stride, columns, count);
}

static float *component(const struct average *average, const struct geometry *geometry, uint32_t i)
{
	return average->components + (size_t)i * model_longest_side(geometry->input);
}

static void resize_packed(const struct average *average, const struct geometry *geometry,
	const struct gw_surface *surface, uint32_t y)
{
	const uint32_t stride = surface->format == GW_FORMAT_RGB ? MODEL_CHANNELS : 1;
	const struct plane_taps *taps = &geometry->luma;

	make_line(average->line, surface->plane[0] + (size_t)taps->first * stride,
		surface->pitch[0], &taps->rows, y, taps->count * stride);
	for (uint32_t i = 0; i < stride; i++)
		resize_line(component(average, geometry, i), average->line + i, stride,
			&taps->columns, geometry->across);
}

static void resize_planes(const struct average *average, const struct geometry *geometry,
	const struct gw_surface *surface, uint32_t planes, uint32_t y)
{
	for (uint32_t i = 0; i < planes; i++) {
		const struct plane_taps *taps = i == 0 ? &geometry->luma : &geometry->chroma;

		make_line(average->line, surface->plane[i] + taps->first, surface->pitch[i],
			&taps->rows, y, taps->count);
		resize_line(component(average, geometry, i), average->line, 1, &taps->columns,
			geometry->across);
	}
}

static inline float limit(float level)
{
	const float low = level < 0 ? 0 : level;

	return low > 255 ? 255 : low;
}

/* ITU-T T.871, 7, in place. */
FOR_EACH_PROCESSOR
static void convert(float *restrict luma, float *restrict cb, float *restrict cr, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const float y = luma[i], u = cb[i] - HALF_RANGE, v = cr[i] - HALF_RANGE;

		luma[i] = limit(y + 1.402f * v);
		cb[i] = limit(y - 0.344136f * u - 0.714136f * v);
		cr[i] = limit(y + 1.772f * u);
	}
}

/* ITU-R BT.601, full range, as in JFIF; in place of the red. */
FOR_EACH_PROCESSOR
static void join(float *restrict red, const float *restrict green, const float *restrict blue,
	uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		red[i] = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
}

FOR_EACH_PROCESSOR
static void scale(
	float *restrict out, const float *restrict level, float mean, float factor, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = (level[i] - mean) * factor;
}

/* What one row of the input sees, as levels of the channels that it has; returns how many
 * components there are. */
static uint32_t resize(const struct average *average, const struct geometry *geometry,
	const struct gw_surface *surface, uint32_t y)
{
	const bool gray = geometry->input->channels == 1;
	const uint32_t count = geometry->across;
	float *first = component(average, geometry, 0), *second = component(average, geometry, 1);
	float *third = component(average, geometry, 2);

	if (surface->format == GW_FORMAT_RGB) {
		resize_packed(average, geometry, surface, y);
		if (gray)
			join(first, second, third, count);
		if (surface->limited && gray)
			range_widen_luma(first, count);
		else if (surface->limited)
			range_widen_rgb(first, second, third, count);
		return MODEL_CHANNELS;
	}
	if (surface->format == GW_FORMAT_GRAY || gray) {
		resize_planes(average, geometry, surface, 1, y);
		if (surface->limited)
			range_widen_luma(first, count);
		return 1;
	}
	resize_planes(average, geometry, surface, GW_PLANES, y);
	if (surface->limited) {
		range_widen_luma(first, count);
		range_widen_chroma(second, count);
		range_widen_chroma(third, count);
	}
	convert(first, second, third, count);
	return MODEL_CHANNELS;
}

void average_run(const struct average *average, const struct geometry *geometry,
	const struct gw_surface *surface, const struct tensor_rows *rows, void *tensor)
{
	for (uint32_t y = 0; y < geometry->down; y++) {
		const struct tensor_span span = geometry_span(geometry, y);
		const uint32_t components = resize(average, geometry, surface, y);
		float *to[MODEL_CHANNELS];

		tensor_rows_begin(rows, tensor, &span, to);
		for (uint32_t c = 0; c < geometry->input->channels; c++)
			scale(to[c], component(average, geometry, components > 1 ? c : 0),
				rows->mean[c], rows->scale[c], geometry->across);
		tensor_rows_end(rows, tensor, &span);
	}
}
