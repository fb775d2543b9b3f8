#include "accel/input/range.h"

#include "core/each_processor.h"

#define LOWEST 16
#define MIDDLE 128
#define LUMA (255.0f / 219)
#define CHROMA (255.0f / 224)

/* What is added to a number to widen it, in 2^-15. */
#define MORE(factor) ((int16_t)((factor - 1) * 32768 + 0.5f))

static inline float limit(float level)
{
	const float low = level < 0 ? 0 : level;

	return low > 255 ? 255 : low;
}

FOR_EACH_PROCESSOR
void range_widen_luma(float *levels, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		levels[i] = limit((levels[i] - LOWEST) * LUMA);
}

FOR_EACH_PROCESSOR
void range_widen_chroma(float *levels, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		levels[i] = limit((levels[i] - MIDDLE) * CHROMA + MIDDLE);
}

/* Each is luma and a difference of colours: these become wider each in its own way. */
FOR_EACH_PROCESSOR
void range_widen_rgb(
	float *restrict red, float *restrict green, float *restrict blue, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const float luma = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
		const float wide = (luma - LOWEST) * LUMA;

		red[i] = limit(wide + (red[i] - luma) * CHROMA);
		green[i] = limit(wide + (green[i] - luma) * CHROMA);
		blue[i] = limit(wide + (blue[i] - luma) * CHROMA);
	}
}

static inline int16_t widened(int16_t value, int16_t more)
{
	return (int16_t)(value + ((2 * value * more) >> 16));
}

static inline int16_t within(int16_t value, int16_t least, int16_t most)
{
	const int16_t low = value < least ? least : value;

	return low > most ? most : low;
}

FOR_EACH_PROCESSOR
void range_widen_luma_words(int16_t *levels, uint32_t count, int16_t one)
{
	for (uint32_t i = 0; i < count; i++)
		levels[i] = within(widened((int16_t)(levels[i] - LOWEST * one), MORE(LUMA)), 0,
			(int16_t)(255 * one));
}

FOR_EACH_PROCESSOR
void range_widen_chroma_words(int16_t *levels, uint32_t count, int16_t one)
{
	for (uint32_t i = 0; i < count; i++) {
		const int16_t middle = (int16_t)(MIDDLE * one);

		levels[i] = within(
			(int16_t)(middle + widened((int16_t)(levels[i] - middle), MORE(CHROMA))), 0,
			(int16_t)(255 * one));
	}
}
