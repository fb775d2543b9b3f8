/* A JPEG as its coefficients: what libjpeg's entropy decoder makes, written where the caller has
 * room for it, for those who do everything after it elsewhere.
 */
#pragma once

#include "core/gateway.h"
#include "core/surface.h"
#include "decode/picture.h"
#include "decode/turbo_picture.h"

/* Blocks of 64 coefficients in natural order. */
struct coefficient_plane {
	uint32_t block; /* its first one in `room` */
	uint32_t stride; /* blocks from one row of blocks to the next */
	uint32_t across, down; /* blocks that the picture has */
	uint32_t side; /* samples along one side that each is to become: 1, 2, 4 or 8 */
	uint32_t width, height; /* samples that belong to the picture, after scaling */
	uint16_t table[64]; /* quantisation factors in natural order */
};

struct coefficients {
	int16_t *room; /* the caller's, for `most` blocks */
	uint32_t most;

	uint32_t used; /* blocks */
	/* What the turbo back-end makes of the picture: GRAY and RGB when it is to be packed. */
	enum gw_format format;
	uint32_t components; /* 1 or 3, of which `planes` matter */
	uint32_t planes;
	struct coefficient_plane plane[GW_PLANES];
	uint16_t source_width, source_height; /* of the picture, pixels */
	uint16_t width, height; /* ... after scaling */
	uint32_t across, down; /* luma samples to one of chroma along each side; 1 without chroma */
	bool smooth; /* to pixels, chroma is interpolated */
};

/* Reads the frame's JPEG, which jpeg_probe() has passed. Returns 0; -ENOBUFS when it needs more
 * than `most` blocks, of which `used` says how many; -ENOTSUP when its colours are not YCbCr or
 * grey; or -EBADMSG as turbo_picture_decode() does. One thread at a time for each `picture`. */
int coefficients_read(struct turbo_picture *picture, const struct gw_want *want,
	struct gw_frame *frame, struct coefficients *coefficients);
