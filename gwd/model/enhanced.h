/* Pictures that a model made better, beside those that were given. For `gwd model check`. */
#pragma once

#include "core/error.h"
#include "gwd/model/pictures.h"

/* Moves the sink's picture `from` to `to`, and compares it with the one that was given, as it is
 * seen after `orientation`: *psnr in dB, infinite when they are alike, below 0 when they are not of
 * one size. Returns 0 or a negative errno with a line. */
int enhanced_take(const char *from, const char *to, const struct picture_file *given,
	uint8_t orientation, double *psnr, struct gw_error *error);
