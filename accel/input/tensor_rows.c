#include "accel/input/tensor_rows.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/each_processor.h"

size_t model_value_size(const struct model_input *input)
{
	static const size_t sizes[] = {
		[MODEL_FLOAT32] = sizeof(float),
		[MODEL_FLOAT16] = sizeof(uint16_t),
		[MODEL_UINT8] = sizeof(uint8_t),
	};

	return sizes[input->type];
}

size_t model_picture_size(const struct model_input *input)
{
	return (size_t)input->width * input->height * input->channels * model_value_size(input);
}

static bool is_interleaved(const struct model_input *input)
{
	return input->layout == MODEL_NHWC && input->channels > 1;
}

/* Which channel of the tensor a colour is: red 0, green 1, blue 2. */
static uint32_t channel_of(const struct model_input *input, uint32_t color)
{
	return input->colors == MODEL_BGR ? input->channels - 1 - color : color;
}

int tensor_rows_init(struct tensor_rows *rows, const struct model_input *input)
{
	const uint32_t longest = model_longest_side(input);

	assert(input->channels > 0);
	*rows = (struct tensor_rows){.input = input};
	for (uint32_t color = 0; color < input->channels; color++) {
		rows->mean[color] = input->mean[channel_of(input, color)];
		rows->scale[color] = input->scale[channel_of(input, color)];
	}
	/* Not a power of two: lines of a length that is one would get into each other's way in the
	 * cache. */
	rows->stride = longest + TENSOR_LINES;
	rows->buffer = calloc((size_t)rows->stride * TENSOR_LINES * input->channels, sizeof(float));
	rows->line = calloc(TENSOR_LINES, sizeof(float));
	rows->narrow = calloc(longest + TENSOR_LINES, sizeof(float));
	if (rows->buffer && rows->line && rows->narrow)
		return 0;
	tensor_rows_free(rows);
	return -ENOMEM;
}

void tensor_rows_free(struct tensor_rows *rows)
{
	free(rows->buffer);
	free(rows->line);
	free(rows->narrow);
	*rows = (struct tensor_rows){0};
}

/* The number of a value among those of the tensor. */
static size_t index_of(const struct model_input *input, uint32_t channel, uint32_t x, uint32_t y)
{
	if (is_interleaved(input))
		return ((size_t)y * input->width + x) * input->channels + channel;
	return ((size_t)channel * input->height + y) * input->width + x;
}

/* Whether a line of float32 can be written where it belongs. */
static bool is_direct(const struct model_input *input, const struct tensor_span *span)
{
	return input->type == MODEL_FLOAT32 && !is_interleaved(input) && !span->down;
}

/* The room for a line of a channel. */
static float *room_of(
	const struct tensor_rows *rows, uint32_t channel, const struct tensor_span *span)
{
	const uint32_t number = span->down ? span->number % TENSOR_LINES : 0;

	return rows->buffer + (size_t)(channel * TENSOR_LINES + number) * rows->stride;
}

void tensor_rows_begin(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span,
	float *to[MODEL_CHANNELS])
{
	const struct model_input *input = rows->input;

	for (uint32_t color = 0; color < input->channels; color++) {
		const uint32_t channel = channel_of(input, color);

		to[color] = is_direct(input, span)
			? (float *)tensor + index_of(input, channel, span->x, span->y)
			: room_of(rows, channel, span);
	}
}

/* The bits of binary32: 8 of exponent, 23 of fraction; of binary16: 5 and 10. */
FOR_EACH_PROCESSOR
void tensor_to_half(uint16_t *restrict to, const float *restrict from, uint32_t count)
{
	const uint32_t infinite = 0x7f800000, least_normal = 113u << 23, too_large = 143u << 23;
	/* Added to a small number it leaves its last bit where the last of binary16 is. */
	const float shift = 0.5f;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t bits, small_bits;
		float size, moved;

		memcpy(&bits, &from[i], sizeof(bits));
		const uint32_t sign = bits >> 16 & 0x8000;

		bits &= 0x7fffffff;
		memcpy(&size, &bits, sizeof(size));
		moved = size + shift;
		memcpy(&small_bits, &moved, sizeof(small_bits));
		const uint32_t subnormal = small_bits - (126u << 23);
		const uint32_t normal = (bits - (112u << 23) + 0xfff + (bits >> 13 & 1)) >> 13;
		const uint32_t special = bits > infinite ? 0x7e00 : 0x7c00;

		to[i] = (uint16_t)(sign |
			(bits >= too_large                    ? special
					: bits < least_normal ? subnormal
							      : normal));
	}
}

FOR_EACH_PROCESSOR
static void to_bytes(uint8_t *restrict to, const float *restrict from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const float low = from[i] < 0 ? 0 : from[i];

		to[i] = (uint8_t)((low > 255 ? 255 : low) + 0.5f);
	}
}

static const void *narrow(const struct tensor_rows *rows, const float *from, uint32_t count)
{
	if (rows->input->type == MODEL_FLOAT32)
		return from;
	if (rows->input->type == MODEL_FLOAT16)
		tensor_to_half(rows->narrow, from, count);
	else
		to_bytes(rows->narrow, from, count);
	return rows->narrow;
}

/* Puts a row of values at every third place. */
static void spread(void *to, const void *from, uint32_t count, size_t value_size)
{
	if (value_size == sizeof(uint32_t))
		for (uint32_t i = 0; i < count; i++)
			((uint32_t *)to)[MODEL_CHANNELS * i] = ((const uint32_t *)from)[i];
	else if (value_size == sizeof(uint16_t))
		for (uint32_t i = 0; i < count; i++)
			((uint16_t *)to)[MODEL_CHANNELS * i] = ((const uint16_t *)from)[i];
	else
		for (uint32_t i = 0; i < count; i++)
			((uint8_t *)to)[MODEL_CHANNELS * i] = ((const uint8_t *)from)[i];
}

/* Writes a part of one channel's row of float32 to where it belongs. */
static void put(const struct tensor_rows *rows, void *tensor, uint32_t channel,
	const struct tensor_span *span, const float *from)
{
	const struct model_input *input = rows->input;
	const size_t size = model_value_size(input);
	uint8_t *to = (uint8_t *)tensor + index_of(input, channel, span->x, span->y) * size;
	const void *values = narrow(rows, from, span->count);

	if (is_interleaved(input))
		spread(to, values, span->count, size);
	else
		memcpy(to, values, span->count * size);
}

typedef float four __attribute__((vector_size(16)));

static inline four load(const float *from)
{
	four values;

	memcpy(&values, from, sizeof(values));
	return values;
}

static inline void store(float *to, four values)
{
	memcpy(to, &values, sizeof(values));
}

/* Four lines of four values. */
static inline void turn_four(float *to, size_t to_stride, const float *from, size_t stride)
{
	const four a = load(from), b = load(from + stride);
	const four c = load(from + 2 * stride), d = load(from + 3 * stride);
	const four ab_01 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
	const four ab_23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
	const four cd_01 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
	const four cd_23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);

	store(to, __builtin_shufflevector(ab_01, cd_01, 0, 1, 4, 5));
	store(to + to_stride, __builtin_shufflevector(ab_01, cd_01, 2, 3, 6, 7));
	store(to + 2 * to_stride, __builtin_shufflevector(ab_23, cd_23, 0, 1, 4, 5));
	store(to + 3 * to_stride, __builtin_shufflevector(ab_23, cd_23, 2, 3, 6, 7));
}

/* Value i of line k becomes value k of line i: TENSOR_LINES lines of `count` values. */
static void turn(float *to, size_t to_stride, const float *from, size_t from_stride, uint32_t count)
{
	uint32_t i = 0;

	for (; i + 4 <= count; i += 4)
		for (uint32_t k = 0; k < TENSOR_LINES; k += 4)
			turn_four(to + i * to_stride + k, to_stride, from + k * from_stride + i,
				from_stride);
	for (; i < count; i++)
		for (uint32_t k = 0; k < TENSOR_LINES; k++)
			to[i * to_stride + k] = from[k * from_stride + i];
}

/* The lines that were gathered, as parts of rows. */
static void put_across(const struct tensor_rows *rows, void *tensor, uint32_t channel,
	const struct tensor_span *span)
{
	const struct model_input *input = rows->input;
	const uint32_t count = span->number % TENSOR_LINES + 1;
	const float *from = rows->buffer + (size_t)channel * TENSOR_LINES * rows->stride;
	struct tensor_span part = {.x = span->x - (count - 1), .y = span->y, .count = count};

	if (count == TENSOR_LINES && is_direct(input, &part)) {
		turn((float *)tensor + index_of(input, channel, part.x, part.y), input->width, from,
			rows->stride, span->count);
		return;
	}
	for (uint32_t i = 0; i < span->count; i++, part.y++) {
		for (uint32_t k = 0; k < count; k++)
			rows->line[k] = from[(size_t)k * rows->stride + i];
		put(rows, tensor, channel, &part, rows->line);
	}
}

void tensor_rows_end(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span)
{
	const struct model_input *input = rows->input;

	if (is_direct(input, span))
		return;
	for (uint32_t channel = 0; channel < input->channels; channel++) {
		if (!span->down)
			put(rows, tensor, channel, span, room_of(rows, channel, span));
		else if (span->last || span->number % TENSOR_LINES == TENSOR_LINES - 1)
			put_across(rows, tensor, channel, span);
	}
}

float tensor_fill_value(const struct model_input *input, uint32_t channel)
{
	if (!input->fill)
		return 0;
	return (input->fill[input->fill_count > 1 ? channel : 0] - input->mean[channel]) *
		input->scale[channel];
}

static void fill(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span)
{
	const struct model_input *input = rows->input;

	if (span->count == 0)
		return;
	for (uint32_t channel = 0; channel < input->channels; channel++) {
		const float value = tensor_fill_value(input, channel);
		float *to = is_direct(input, span)
			? (float *)tensor + index_of(input, channel, span->x, span->y)
			: room_of(rows, channel, span);

		for (uint32_t i = 0; i < span->count; i++)
			to[i] = value;
		if (!is_direct(input, span))
			put(rows, tensor, channel, span, to);
	}
}

void tensor_rows_fill(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span)
{
	const uint32_t end = span->count ? span->x + span->count : 0;
	const struct tensor_span left = {.y = span->y, .count = span->count ? span->x : 0};
	const struct tensor_span right = {
		.x = end, .y = span->y, .count = rows->input->width - end};

	fill(rows, tensor, &left);
	fill(rows, tensor, &right);
}
