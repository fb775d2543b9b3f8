/* A film made of a capture: the packets of its first RTP stream, as they are. */
#pragma once

#include "gwgen/film.h"

/* Numbers, timestamps and addresses become the camera's; all packets of one timestamp are a shot.
 * The order is that of the capture; numbers that are missing there stay missing. A negative errno
 * and a line. */
int capture_film_make(struct film *film, const char *path, struct gw_error *error);
