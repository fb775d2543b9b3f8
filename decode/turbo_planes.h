/* A colour JPEG as the planes that libjpeg's IDCT gives, straight into its surface: its upsampling
 * and colour conversion would be done for pixels that the resize to the model's input throws away.
 */
#pragma once

#include <stdio.h>

#include <jpeglib.h>

#include "core/surface.h"

/* Which planes a picture gives whose header was read and whose scale is set: I420, I422 or I444, or
 * RGB when its planes are of no such kind (4:4:0, 4:1:1, a JPEG of RGB or of one component).
 * libjpeg scales chroma less than luma where it can: 4:2:0 at half the size is I444. */
enum gw_format turbo_planes_format(struct jpeg_decompress_struct *jpeg);

/* Decodes the picture, up to jpeg_finish_decompress(), into planes of the format that
 * turbo_planes_format() gave. Returns 0, or -EMSGSIZE when the surface is too small; corrupt data
 * ends in libjpeg's error handler. */
int turbo_planes_decode(
	struct jpeg_decompress_struct *jpeg, enum gw_format format, struct gw_surface *surface);
