#include "decode/picture.h"

#include <errno.h>
#include <stddef.h>

#define ROW_ALIGNMENT 64u
#define PLANE_ROW_ALIGNMENT 16u

/* The part of one side that the region takes: `length` 0 means to the edge. */
static uint32_t inside(uint32_t begin, uint32_t length, uint32_t side)
{
	uint32_t left = begin < side ? side - begin : 0;

	return length == 0 || length > left ? left : length;
}

/* Whether one side is long enough at that scale. Blocks of 8 that become one or two pixels are
 * means of 8 or 4: fine means again only when each pixel of the input covers one, or at least two.
 */
static bool enough(uint32_t side, uint32_t eighths, uint32_t wanted, bool antialias)
{
	const uint64_t has = (uint64_t)side * eighths, needs = (uint64_t)wanted * PICTURE_EIGHTHS;

	return has >= needs &&
		(!antialias || eighths >= PICTURE_EIGHTHS / 2 || has == needs || has >= 2 * needs);
}

/* Whether the picture has all that the model makes of it. */
static bool serves(
	const struct gw_want *want, bool swapped, uint16_t width, uint16_t height, uint32_t eighths)
{
	const struct gw_region *region = want->region;
	uint32_t across = swapped ? height : width, down = swapped ? width : height;

	if (want->full)
		return false;
	if (region) {
		across = inside(region->x, region->width, across);
		down = inside(region->y, region->height, down);
	}
	if (across == 0 || down == 0)
		return false;
	const struct gw_fit_size seen = gw_fit_resize(want->fit, want->resize,
		(struct gw_fit_size){want->width, want->height},
		(struct gw_fit_size){across, down});

	return enough(across, eighths, seen.width, want->antialias) &&
		enough(down, eighths, seen.height, want->antialias);
}

uint32_t picture_eighths(const struct gw_want *wants, uint16_t width, uint16_t height)
{
	for (uint32_t eighths = 1; eighths < PICTURE_EIGHTHS; eighths *= 2) {
		const struct gw_want *want = wants;

		while (want && serves(want, wants->swapped, width, height, eighths))
			want = want->next;
		if (!want)
			return eighths;
	}
	return PICTURE_EIGHTHS;
}

static uint32_t round_up(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Of planes, decoders write whole blocks of 8x8, of which chroma may be scaled half as much as
 * luma. */
size_t picture_bytes(const struct gw_want *want, uint16_t width, uint16_t height)
{
	const uint32_t eighths = picture_eighths(want, width, height);
	const uint32_t across = round_up((width + 15u) / 16 * 2 * eighths, PLANE_ROW_ALIGNMENT);
	const uint32_t down = (height + 15u) / 16 * 2 * eighths;

	return (size_t)round_up(want->gray ? across : 3 * across, ROW_ALIGNMENT) * down;
}

int picture_place(
	struct gw_surface *surface, const struct gw_want *want, uint16_t width, uint16_t height)
{
	uint32_t eighths = picture_eighths(want, width, height);
	uint16_t across = picture_scaled(width, eighths);
	uint16_t down = picture_scaled(height, eighths);
	uint32_t row = want->gray ? across : 3u * across;
	uint32_t pitch = round_up(row, ROW_ALIGNMENT);

	if ((uint64_t)pitch * down > surface->capacity)
		return -EMSGSIZE;
	surface->format = want->gray ? GW_FORMAT_GRAY : GW_FORMAT_RGB;
	surface->width = across;
	surface->height = down;
	for (int i = 0; i < GW_PLANES; i++) {
		surface->offset[i] = 0;
		surface->plane[i] = i == 0 ? surface->room : NULL;
		surface->pitch[i] = i == 0 ? pitch : 0;
	}
	return (int)eighths;
}

int picture_place_planes(struct gw_surface *surface, enum gw_format format, uint16_t width,
	uint16_t height, const struct picture_extent *extents)
{
	uint32_t pitch[GW_PLANES];
	uint64_t size = 0;

	for (int i = 0; i < GW_PLANES; i++) {
		pitch[i] = round_up(extents[i].width, PLANE_ROW_ALIGNMENT);
		size += (uint64_t)pitch[i] * extents[i].height;
	}
	if (size > surface->capacity)
		return -EMSGSIZE;
	surface->format = format;
	surface->width = width;
	surface->height = height;
	size_t at = 0;
	for (int i = 0; i < GW_PLANES; i++) {
		surface->offset[i] = at;
		surface->plane[i] = surface->room ? surface->room + at : NULL;
		surface->pitch[i] = pitch[i];
		at += (size_t)pitch[i] * extents[i].height;
	}
	return 0;
}
