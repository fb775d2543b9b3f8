#include "accel/tensor_rows.h"

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
	const size_t values = (size_t)input->width * input->channels;

	*rows = (struct tensor_rows){.input = input};
	for (uint32_t color = 0; color < input->channels; color++) {
		rows->mean[color] = input->mean[channel_of(input, color)];
		rows->scale[color] = input->scale[channel_of(input, color)];
	}
	if (input->type == MODEL_FLOAT32 && !is_interleaved(input))
		return 0;
	rows->buffer = calloc(values, sizeof(float));
	rows->narrow = calloc(values, sizeof(float));
	if (rows->buffer && rows->narrow)
		return 0;
	tensor_rows_free(rows);
	return -ENOMEM;
}

void tensor_rows_free(struct tensor_rows *rows)
{
	free(rows->buffer);
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

void tensor_rows_begin(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span,
	float *to[MODEL_CHANNELS])
{
	const struct model_input *input = rows->input;

	for (uint32_t color = 0; color < input->channels; color++) {
		const uint32_t channel = channel_of(input, color);

		to[color] = rows->buffer
			? rows->buffer + (size_t)channel * input->width
			: (float *)tensor + index_of(input, channel, span->x, span->y);
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

/* Writes one channel's row of float32 to where it belongs. */
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

void tensor_rows_end(const struct tensor_rows *rows, void *tensor, const struct tensor_span *span)
{
	const struct model_input *input = rows->input;

	for (uint32_t channel = 0; rows->buffer && channel < input->channels; channel++)
		put(rows, tensor, channel, span, rows->buffer + (size_t)channel * input->width);
}

static float fill_value(const struct model_input *input, uint32_t channel)
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
		const float value = fill_value(input, channel);
		float *to = rows->buffer
			? rows->buffer
			: (float *)tensor + index_of(input, channel, span->x, span->y);

		for (uint32_t i = 0; i < span->count; i++)
			to[i] = value;
		if (rows->buffer)
			put(rows, tensor, channel, span, rows->buffer);
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
