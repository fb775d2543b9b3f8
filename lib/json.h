/* What came of a picture as text: what its record would say that is not of a gateway.
 */
#pragma once

#include "lib/engine.h"

/* All zero is an empty one. */
struct json_text {
	char *data; /* ended by a zero byte */
	size_t size, room;
};

/* Writes the object that struct framegate_picture promises. Returns 0 or -ENOMEM. */
int json_text_write(struct json_text *text, const struct framegate *engine,
	const struct gw_frame *frame, const struct framegate_picture *picture);

void json_text_free(struct json_text *text);
