#include "accel/input/preprocess_reference.h"

#include <math.h>
#include <string.h>

#define MOST_SAMPLES 4096

/* One direction of the way from an input to its picture. */
struct axis {
	double region, region_size, source; /* in pixels of the source */
	double size; /* pixels that the whole region becomes */
	double cut; /* of these, the first that is seen */
	double place, seen; /* of the input: the first that the picture fills, and how many */
	double scale; /* decoded pixels to one of the source */
	bool mirrored; /* what is stored begins at the far end */
};

/* Samples of a plane in one direction, and the share of each. */
struct shares {
	uint32_t first, count;
	double share[MOST_SAMPLES];
};

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* Both directions of a fit at once: `along` is the one that is asked for, `other` the other. */
static void fit(struct axis *axis, const struct model_input *input, double other, double along,
	double across)
{
	const double scales[2] = {along / axis->region_size, across / other};

	axis->size = axis->seen = along;
	axis->cut = axis->place = 0;
	if (input->fit == GW_FIT_LETTERBOX) {
		axis->size = axis->seen =
			fmax(round(axis->region_size * fmin(scales[0], scales[1])), 1);
		if (input->align == MODEL_CENTER)
			axis->place = floor((along - axis->seen) / 2);
	} else if (input->fit == GW_FIT_CROP) {
		const double wish = input->resize / fmin(axis->region_size, other);
		const double scale = input->resize ? wish : fmax(scales[0], scales[1]);

		axis->size = floor(axis->region_size * scale + 1e-9);
		axis->cut = nearbyint((axis->size - along) / 2);
	}
}

static uint8_t orientation_of(const struct reference *r)
{
	return r->surface->orientation ? r->surface->orientation : 1;
}

static void find_axes(const struct reference *r, struct axis *x, struct axis *y)
{
	const struct model_input *input = r->input;
	const double width = r->region.width, height = r->region.height;
	const uint8_t orientation = orientation_of(r);
	const uint32_t seen_width = orientation > 4 ? r->surface->height : r->surface->width;
	const uint32_t seen_height = orientation > 4 ? r->surface->width : r->surface->height;

	*x = (struct axis){.region = r->region.x, .source = r->source_width};
	*y = (struct axis){.region = r->region.y, .source = r->source_height};
	x->mirrored = strchr("\2\3\6\7", orientation) != NULL;
	y->mirrored = strchr("\3\4\7\10", orientation) != NULL;
	x->region_size = width > 0 ? width : x->source - x->region;
	y->region_size = height > 0 ? height : y->source - y->region;
	x->scale = y->scale = 0;
	for (int n = 8; n > 0; n--)
		if (ceil(x->source * n / 8) == seen_width &&
			ceil(y->source * n / 8) == seen_height && x->scale == 0)
			x->scale = y->scale = n / 8.0;
	fit(x, input, y->region_size, input->width, input->height);
	fit(y, input, x->region_size, input->height, input->width);
}

/* Which samples of a plane, of which each stands for `share` pixels, make input pixel i. */
static void find_shares(
	const struct axis *axis, double i, double share, bool antialias, struct shares *shares)
{
	const double scale = axis->scale / share;
	const double step = axis->region_size / axis->size * scale;
	const double seen = axis->region * scale + (axis->cut + i - axis->place) * step;
	const double begin = axis->mirrored ? axis->source * scale - seen - step : seen;
	const double region =
		axis->mirrored ? axis->source - axis->region - axis->region_size : axis->region;
	const double whole = fmax(floor(axis->source * scale), 1);
	const double low = fmin(floor(region * scale), whole - 1);
	const double high = fmin(fmax(ceil((region + axis->region_size) * scale), low + 1), whole);
	double sum = 0;

	memset(shares, 0, sizeof(*shares));
	shares->first = (uint32_t)low;
	shares->count = (uint32_t)(high - low);
	if (antialias && axis->region_size / axis->size > 2 + 1e-6 && step > 1.75) {
		for (uint32_t k = 0; k < shares->count; k++) {
			shares->share[k] =
				fmax(fmin(begin + step, low + k + 1) - fmax(begin, low + k), 0);
			sum += shares->share[k];
		}
		for (uint32_t k = 0; k < shares->count; k++)
			shares->share[k] /= sum;
		return;
	}
	const double at = clamp(begin + step / 2 - 0.5, low, high - 1) - low;
	const uint32_t a = (uint32_t)floor(at);

	shares->share[a] = 1 - (at - a);
	if (at > a)
		shares->share[a + 1] = at - a;
}

/* Sample x, y of a plane, or component c of a packed picture. */
static double sample(const struct gw_surface *surface, uint32_t c, uint32_t x, uint32_t y)
{
	if (surface->format == GW_FORMAT_RGB)
		return surface->plane[0][y * surface->pitch[0] + 3 * x + c];
	return surface->plane[c][y * surface->pitch[c] + x];
}

static double resized(const struct reference *r, const struct axis *across, const struct axis *down,
	uint32_t c, double x, double y)
{
	static struct shares columns, rows;
	const enum gw_format format = r->surface->format;
	const bool half_wide = c > 0 && (format == GW_FORMAT_I420 || format == GW_FORMAT_I422);
	const bool half_high = c > 0 && format == GW_FORMAT_I420;
	const bool swapped = orientation_of(r) > 4;
	double sum = 0;

	find_shares(swapped ? down : across, swapped ? y : x, half_wide ? 2 : 1,
		r->input->antialias, &columns);
	find_shares(swapped ? across : down, swapped ? x : y, half_high ? 2 : 1,
		r->input->antialias, &rows);
	for (uint32_t i = 0; i < rows.count; i++)
		for (uint32_t k = 0; rows.share[i] > 0 && k < columns.count; k++)
			if (columns.share[k] > 0)
				sum += rows.share[i] * columns.share[k] *
					sample(r->surface, c, columns.first + k, rows.first + i);
	return sum;
}

/* ITU-T T.871, 7: red, green or blue. */
static double color(double luma, double cb, double cr, uint32_t c)
{
	static const double of_cb[] = {0, -0.344136286, 1.772}, of_cr[] = {1.402, -0.714136286, 0};

	return clamp(luma + of_cb[c] * (cb - 128) + of_cr[c] * (cr - 128), 0, 255);
}

/* Levels of limited range; `part` is Y, Cb and Cr, or what was made of them, or grey. */
static void widen(const struct gw_surface *surface, double part[3])
{
	const double luma = surface->format == GW_FORMAT_RGB
		? 0.299 * part[0] + 0.587 * part[1] + 0.114 * part[2]
		: part[0];
	const double wide = (luma - 16) * 255 / 219;

	for (int c = 0; c < 3; c++) {
		if (surface->format == GW_FORMAT_RGB)
			part[c] = wide + (part[c] - luma) * 255 / 224;
		else
			part[c] = c == 0 ? wide : (part[c] - 128) * 255 / 224 + 128;
		part[c] = clamp(part[c], 0, 255);
	}
}

double reference_value(const struct reference *r, uint32_t channel, uint32_t x, uint32_t y)
{
	const struct model_input *input = r->input;
	const uint32_t c = input->colors == MODEL_BGR ? 2 - channel : channel;
	const float mean = input->mean[channel];
	struct axis across, down;
	double part[3], level;

	find_axes(r, &across, &down);
	if (x < across.place || x >= across.place + across.seen || y < down.place ||
		y >= down.place + down.seen) {
		level = !input->fill            ? mean
			: input->fill_count > 1 ? input->fill[channel]
						: input->fill[0];
		return (level - mean) * input->scale[channel];
	}
	for (uint32_t k = 0; k < 3; k++)
		part[k] = k == 0 ||
				(r->surface->format != GW_FORMAT_GRAY &&
					(input->channels == 3 ||
						r->surface->format == GW_FORMAT_RGB))
			? resized(r, &across, &down, k, x, y)
			: 0;
	if (r->surface->limited)
		widen(r->surface, part);
	if (r->surface->format == GW_FORMAT_GRAY)
		level = part[0];
	else if (r->surface->format == GW_FORMAT_RGB)
		level = input->channels == 3 ? part[c]
					     : 0.299 * part[0] + 0.587 * part[1] + 0.114 * part[2];
	else
		level = input->channels == 3 ? color(part[0], part[1], part[2], c) : part[0];
	return (level - mean) * input->scale[channel];
}

static double half(uint16_t bits)
{
	const int exponent = bits >> 10 & 31;
	const double fraction = bits & 1023;
	const double size = exponent == 31 ? INFINITY
		: exponent == 0            ? ldexp(fraction, -24)
					   : ldexp(1024 + fraction, exponent - 25);

	return bits & 0x8000 ? -size : size;
}

double reference_read(const struct model_input *input, const void *tensor, uint32_t channel,
	uint32_t x, uint32_t y)
{
	const size_t at = input->layout == MODEL_NHWC
		? ((size_t)y * input->width + x) * input->channels + channel
		: ((size_t)channel * input->height + y) * input->width + x;

	if (input->type == MODEL_FLOAT32)
		return ((const float *)tensor)[at];
	if (input->type == MODEL_FLOAT16)
		return half(((const uint16_t *)tensor)[at]);
	return ((const uint8_t *)tensor)[at];
}
