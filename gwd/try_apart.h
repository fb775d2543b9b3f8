/* What a model makes of a picture, while this gateway runs. */
#pragma once

#include "core/gateway.h"

#define TRY_APART_S 30

/* Has `gwd model check` look at it, as a process of its own that yields to everything else: no
 * frame of a camera waits for it. It runs the model on the engine and the device that the cameras'
 * pictures go to, and loads it there once more. *findings is a new jansson object in the words of
 * records. Returns 0; -EINVAL with the line that says what is wrong with the picture; another
 * negative errno with a line when nobody could look. Any thread that may wait. */
int try_apart(const struct gw_try *what, struct json_t **findings, struct gw_error *error);
