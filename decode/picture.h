/* How large a decoded picture becomes and where in its slot it stands: the same for every back-end.
 */
#pragma once

#include <stdint.h>

#include "core/gateway.h"

/* Decoders scale by eighths: a block of 8x8 coefficients becomes one of 1x1 .. 8x8 pixels. */
#define PICTURE_EIGHTHS 8u

/* The smallest scale, 1 .. 8 eighths, at which the camera's region of a picture of width x height
 * pixels (the whole picture when it has none) still covers its model's input; 8 when it never does.
 */
uint32_t picture_eighths(const struct gw_camera *camera, uint16_t width, uint16_t height);

/* Pixels along one side after scaling: a started pixel counts. */
static inline uint16_t picture_scaled(uint16_t pixels, uint32_t eighths)
{
	return (uint16_t)((pixels * eighths + PICTURE_EIGHTHS - 1) / PICTURE_EIGHTHS);
}

/* Describes in `image` the host picture that a source of width x height pixels becomes: format,
 * size, rows aligned to 64 bytes, at the beginning of the slot. Returns the scale in eighths, or
 * -EMSGSIZE when the slot is too small: then `image` is as before. */
int picture_place(
	struct gw_image *image, const struct gw_camera *camera, uint16_t width, uint16_t height);

/* Samples that a decoder writes of one plane, whole blocks. */
struct picture_extent {
	uint32_t width, height;
};

/* Describes in `image` a host picture of three planes, width x height pixels after scaling, of
 * which plane i has room for extents[i]: one behind the other from the beginning of the slot, rows
 * aligned to 16 bytes (so that 4:4:4 needs no more than RGB). Returns 0, or -EMSGSIZE when the slot
 * is too small: then `image` is as before. */
int picture_place_planes(struct gw_image *image, enum gw_format format, uint16_t width,
	uint16_t height, const struct picture_extent *extents);
