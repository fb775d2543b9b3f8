/* How near a picture that a model made comes to the camera's own. */
#pragma once

#include "accel/heads/pixels.h"
#include "accel/input/geometry.h"
#include "core/frame.h"

/* What is said of pictures that are alike to the last level, dB. */
#define REFERENCE_ALIKE 100

/* What it takes to decode the camera's picture again; nothing is allocated for each. One thread at
 * a time. */
struct reference;

/* NULL: out of memory. */
struct reference *reference_create(void);

/* Accepts NULL. */
void reference_destroy(struct reference *reference);

/* The peak signal-to-noise ratio, dB, over all levels of the part that the model saw. The camera's
 * picture is a reference where that part has as many pixels as what was made of it: then the
 * decoder or the preprocessing has taken away what the model was to bring back. It is decoded once
 * more, whole; turned, cut and widened as the model has seen it. Below 0: it is no reference, or
 * the frame has no JPEG that can be decoded. The frame is only read. */
float reference_psnr(struct reference *reference, const struct gw_frame *frame, bool limited,
	const struct input_map *map, const struct pixels *made);

/* As encoder_foreign(). */
uint64_t reference_foreign(const struct reference *reference);
