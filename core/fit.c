#include "core/fit.h"

#include <math.h>

/* a * b / c, rounded down. */
static uint32_t scaled(uint32_t a, uint32_t b, uint32_t c)
{
	return (uint32_t)((uint64_t)a * b / c);
}

static struct gw_fit_size letterbox(struct gw_fit_size input, struct gw_fit_size from)
{
	const double scale =
		fmin((double)input.width / from.width, (double)input.height / from.height);

	return (struct gw_fit_size){
		.width = (uint32_t)fmin(fmax(round(from.width * scale), 1), input.width),
		.height = (uint32_t)fmin(fmax(round(from.height * scale), 1), input.height),
	};
}

static struct gw_fit_size cover(struct gw_fit_size input, struct gw_fit_size from)
{
	if ((uint64_t)input.width * from.height >= (uint64_t)input.height * from.width)
		return (struct gw_fit_size){
			input.width, scaled(from.height, input.width, from.width)};
	return (struct gw_fit_size){scaled(from.width, input.height, from.height), input.height};
}

struct gw_fit_size gw_fit_resize(
	enum gw_fit fit, uint32_t resize, struct gw_fit_size input, struct gw_fit_size from)
{
	switch (fit) {
	case GW_FIT_LETTERBOX:
		return letterbox(input, from);
	case GW_FIT_CROP:
		return cover(resize ? (struct gw_fit_size){resize, resize} : input, from);
	case GW_FIT_STRETCH:
		break;
	}
	return input;
}
