#include "accel/input/planes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/range.h"
#include "core/each_processor.h"

#define NO_ROW UINT32_MAX

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CAN_SHUFFLE 1
#else
#define CAN_SHUFFLE 0
#endif

/* Resized rows hold 64ths of a level: 255 of them and what colour adds fit 16 bits. */
#define ONE 64
#define HALF_RANGE (128 * ONE)
#define RANGE (255 * ONE)

/* A fraction of 2^15. */
#define FRACTION(x) ((int16_t)((x)*32768 + 0.5))

int planes_init(struct planes *planes, uint32_t width)
{
	planes->pairs = calloc(width + WINDOW_COLUMNS, sizeof(planes->pairs[0]));
	/* One allocation for all rows. */
	int16_t *rows = calloc((size_t)GW_PLANES * 2 * width, sizeof(rows[0]));

	for (int i = 0; i < GW_PLANES; i++)
		for (int k = 0; k < 2; k++)
			planes->rows[i][k] = rows ? rows + (size_t)(2 * i + k) * width : NULL;
	if (planes->pairs && rows)
		return 0;
	planes_free(planes);
	return -ENOMEM;
}

void planes_free(struct planes *planes)
{
	free(planes->pairs);
	free(planes->rows[0][0]);
	*planes = (struct planes){0};
}

/* One load for both neighbours; the left one is the low byte. */
static void fetch_pairs(uint16_t *restrict pairs, const uint8_t *restrict row,
	const struct plane_taps *taps, uint32_t count)
{
	const uint32_t *restrict left = taps->columns.a;

	if (taps->count == 1) {
		for (uint32_t i = 0; i < count; i++)
			pairs[i] = (uint16_t)(row[0] * 0x101);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		pairs[i] = (uint16_t)(row[left[i]] | row[left[i] + 1] << 8);
}

#if CAN_SHUFFLE
typedef uint8_t samples __attribute__((vector_size(WINDOW_SAMPLES)));

/* The same for eight columns at a time. */
__attribute__((target("ssse3"))) static void shuffle_pairs(uint16_t *restrict pairs,
	const uint8_t *restrict row, const struct plane_taps *taps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i += WINDOW_COLUMNS) {
		const struct column_window *window = &taps->windows[i / WINDOW_COLUMNS];
		samples from, place;

		memcpy(&from, row + window->begin, sizeof(from));
		memcpy(&place, window->place, sizeof(place));
		from = __builtin_shuffle(from, place);
		memcpy(pairs + i, &from, sizeof(from));
	}
}
#endif

/* The product with a fraction of 2^15, halved: one instruction for as many as a vector holds. */
static inline int16_t times(int16_t value, int16_t fraction)
{
	return (int16_t)((value * fraction) >> 16);
}

FOR_EACH_PROCESSOR
static void blend_pairs(int16_t *restrict out, const uint16_t *restrict pairs,
	const int16_t *restrict weight, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const int16_t a = pairs[i] & 0xff, b = (int16_t)(pairs[i] >> 8);
		const int16_t difference = (int16_t)((b - a) * (2 * ONE));

		out[i] = (int16_t)(a * ONE + times(difference, weight[i]));
	}
}

static void resize_row(const struct planes *planes, int16_t *out, const uint8_t *row,
	const struct plane_taps *taps, uint32_t count)
{
	row += taps->first;
#if CAN_SHUFFLE
	if (taps->dense && __builtin_cpu_supports("ssse3"))
		shuffle_pairs(planes->pairs, row, taps, count);
	else
#endif
		fetch_pairs(planes->pairs, row, taps, count);
	blend_pairs(out, planes->pairs, taps->columns.fraction, count);
}

static void widen_row(int16_t *row, int plane, uint32_t count)
{
	if (plane == 0)
		range_widen_luma_words(row, count, ONE);
	else
		range_widen_chroma_words(row, count, ONE);
}

/* The two resized rows of one plane that the next input row lies between. */
struct window {
	const int16_t *above, *below;
	int16_t weight;
};

/* Each row of a plane is resized once, as long as the input's rows are no further apart than two of
 * the plane's. `kept` says which ones lie in the plane's two rows. */
static struct window look(const struct planes *planes, const struct gw_surface *surface, int plane,
	const struct plane_taps *taps, const struct geometry *geometry, uint32_t y,
	uint32_t kept[2])
{
	const uint32_t wanted[2] = {taps->rows.a[y], taps->rows.b[y]};

	for (int k = 0; k < 2; k++) {
		const uint32_t place = wanted[k] & 1;

		if (kept[place] == wanted[k])
			continue;
		resize_row(planes, planes->rows[plane][place],
			surface->plane[plane] + (size_t)wanted[k] * surface->pitch[plane], taps,
			geometry->across);
		if (surface->limited)
			widen_row(planes->rows[plane][place], plane, geometry->across);
		kept[place] = wanted[k];
	}
	return (struct window){
		.above = planes->rows[plane][wanted[0] & 1],
		.below = planes->rows[plane][wanted[1] & 1],
		.weight = taps->rows.fraction[y],
	};
}

static inline int16_t between(int16_t above, int16_t below, int16_t weight)
{
	return (int16_t)(above + times((int16_t)(2 * (below - above)), weight));
}

static inline int16_t level(int16_t value)
{
	const int16_t low = value < 0 ? 0 : value;

	return low > RANGE ? RANGE : low;
}

/* ITU-T T.871, 7: red is Y + 1.402 Cr, green Y - 0.344136 Cb - 0.714136 Cr, blue Y + 1.772 Cb. */
FOR_EACH_PROCESSOR
static void convert(float *restrict red, float *restrict green, float *restrict blue,
	const struct window *luma, const struct window *cb, const struct window *cr, uint32_t count,
	const float *factor, const float *offset)
{
	const int16_t *restrict y0 = luma->above, *restrict y1 = luma->below;
	const int16_t *restrict b0 = cb->above, *restrict b1 = cb->below;
	const int16_t *restrict r0 = cr->above, *restrict r1 = cr->below;
	const int16_t luma_weight = luma->weight, chroma_weight = cb->weight;
	const float factors[] = {factor[0], factor[1], factor[2]};
	const float offsets[] = {offset[0], offset[1], offset[2]};

	for (uint32_t i = 0; i < count; i++) {
		const int16_t y = between(y0[i], y1[i], luma_weight);
		const int16_t u = (int16_t)(between(b0[i], b1[i], chroma_weight) - HALF_RANGE);
		const int16_t v = (int16_t)(between(r0[i], r1[i], chroma_weight) - HALF_RANGE);
		const int16_t u2 = (int16_t)(2 * u), v2 = (int16_t)(2 * v);
		const int16_t r = (int16_t)(y + v + times(v2, FRACTION(0.402)));
		const int16_t g = (int16_t)(y - times(u2, FRACTION(0.344136)) -
			times(v2, FRACTION(0.714136)));
		const int16_t b = (int16_t)(y + u2 - times(u2, FRACTION(0.228)));

		red[i] = (float)level(r) * factors[0] + offsets[0];
		green[i] = (float)level(g) * factors[1] + offsets[1];
		blue[i] = (float)level(b) * factors[2] + offsets[2];
	}
}

void planes_to_rgb(const struct planes *planes, const struct geometry *geometry,
	const struct gw_surface *surface, const struct tensor_rows *rows, void *tensor)
{
	uint32_t kept[GW_PLANES][2] = {{NO_ROW, NO_ROW}, {NO_ROW, NO_ROW}, {NO_ROW, NO_ROW}};
	float factor[MODEL_CHANNELS], offset[MODEL_CHANNELS];

	for (int c = 0; c < MODEL_CHANNELS; c++) {
		factor[c] = rows->scale[c] / ONE;
		offset[c] = -rows->mean[c] * rows->scale[c];
	}
	for (uint32_t y = 0; y < geometry->down; y++) {
		const struct tensor_span span = geometry_span(geometry, y);
		struct window window[GW_PLANES];
		float *out[MODEL_CHANNELS];

		for (int i = 0; i < GW_PLANES; i++)
			window[i] = look(planes, surface, i,
				i == 0 ? &geometry->luma : &geometry->chroma, geometry, y, kept[i]);
		tensor_rows_begin(rows, tensor, &span, out);
		convert(out[0], out[1], out[2], &window[0], &window[1], &window[2],
			geometry->across, factor, offset);
		tensor_rows_end(rows, tensor, &span);
	}
}
