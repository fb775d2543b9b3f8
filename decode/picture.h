/* How large a decoded picture becomes and where in its surface it stands: the same for every
 * back-end that writes the host's memory. */
#pragma once

#include <stdint.h>

#include "core/gateway.h"
#include "core/surface.h"

/* Decoders scale by eighths: a block of 8x8 coefficients becomes one of 1x1 .. 8x8 pixels. */
#define PICTURE_EIGHTHS 8u

/* The smallest scale, 1, 2, 4 or 8 eighths, at which the wanted region of a picture of width x
 * height pixels, as it is stored here and below (the whole picture when there is none) is still as
 * large as the model sees it, of a letterbox what is inside; 8 when it never is. For averages a
 * scale below a half must leave the resize exactly one pixel or at least two for each of the input.
 * The same for the wants that follow it. */
uint32_t picture_eighths(const struct gw_want *want, uint16_t width, uint16_t height);

/* Pixels along one side after scaling: a started pixel counts. */
static inline uint16_t picture_scaled(uint16_t pixels, uint32_t eighths)
{
	return (uint16_t)((pixels * eighths + PICTURE_EIGHTHS - 1) / PICTURE_EIGHTHS);
}

/* Bytes that a source of width x height pixels takes at most once it is decoded, whatever its
 * sampling. */
size_t picture_bytes(const struct gw_want *want, uint16_t width, uint16_t height);

/* Describes in `surface` the packed picture that a source of width x height pixels becomes: format,
 * size, rows aligned to 64 bytes, at the beginning of its room. Returns the scale in eighths, or
 * -EMSGSIZE when the room is too small: then `surface` is as before. */
int picture_place(
	struct gw_surface *surface, const struct gw_want *want, uint16_t width, uint16_t height);

/* Samples that a decoder writes of one plane, whole blocks. */
struct picture_extent {
	uint32_t width, height;
};

/* Describes in `surface` a picture of three planes, width x height pixels after scaling, of which
 * plane i has room for extents[i]: one behind the other from the beginning of its room, rows
 * aligned to 16 bytes (so that 4:4:4 needs no more than RGB). Returns 0, or -EMSGSIZE when the room
 * is too small: then `surface` is as before. */
int picture_place_planes(struct gw_surface *surface, enum gw_format format, uint16_t width,
	uint16_t height, const struct picture_extent *extents);
