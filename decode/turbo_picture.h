/* One JPEG to one picture, by libjpeg-turbo: what a worker of the turbo back-end owns and uses
 * again and again. One thread at a time. */
#pragma once

#include <setjmp.h>
#include <stddef.h>

#include "core/gateway.h"
#include "core/surface.h"
#include "jpeg/arena.h"

struct coefficients;

struct turbo_picture {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jmp_buf escape; /* where an error ends the picture */
	struct jpeg_arena arena;
	const JOCTET *told; /* of the scan: up to where unread filling was told; NULL: not there */
	struct coefficients *coefficients; /* that are being read; NULL: none */
};

/* The one that a libjpeg object belongs to, whose callbacks get no more than that. */
static inline struct turbo_picture *turbo_picture_of(j_common_ptr jpeg)
{
	return (struct turbo_picture *)((char *)jpeg->err - offsetof(struct turbo_picture, errors));
}

/* Returns 0 or -ENOMEM; turbo_picture_close() follows a failure too. The struct must not move
 * afterwards. */
int turbo_picture_open(struct turbo_picture *picture, uint32_t max_width);

/* Accepts one that was never opened (all zero). */
void turbo_picture_close(struct turbo_picture *picture);

/* Decodes the frame's JPEG, which jpeg_probe() has passed, into its surface as picture_place()
 * lays it out. Returns 0, -EMSGSIZE when the surface is too small, or -EBADMSG when the data is
 * corrupt, which includes everything that libjpeg merely warns of. */
int turbo_picture_decode(
	struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame);

/* The same as a decoder does it: what its camera wants, with the stamps of when, and the frame
 * fails with GW_DROP_JPEG_LIMIT or GW_DROP_DECODE_FAILED. */
void turbo_picture_serve(struct turbo_picture *picture, struct gw_frame *frame);

/* Reads the header of the frame's JPEG and sets the scale; corrupt data ends in `escape`. For those
 * who go on otherwise than turbo_picture_decode(). */
void turbo_picture_begin(
	struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame);
