/* Control URLs (RFC 2326, C.1.1): what is asked of a stream, and of all streams of a session. Pure;
 * any thread. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"

/* Resolves `control` (an absolute URL, a path, a relative one, "*" or empty) against `base`. False:
 * the result is too long, or holds what no URL holds. */
bool control_resolve(const char *base, const char *control, char url[GW_URL]);
