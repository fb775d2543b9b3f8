/* Binary pictures of the netpbm family: PGM (P5) and PPM (P6), 8 bits a sample. */
#pragma once

#include <stdio.h>

#include "core/error.h"
#include "core/surface.h"

/* Reads the next of the concatenated pictures into `surface`, whose `room` grows as needed
 * (released with free()). Returns 1, 0 at the end of the input, or -EINVAL or -ENOMEM with an error
 * line. */
int pnm_read(FILE *input, struct gw_surface *surface, struct gw_error *error);
