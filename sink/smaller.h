/* A JPEG that is too large, encoded again: with less quality, then at a half, a quarter and an
 * eighth of its size, until it fits. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What libjpeg needs for it. One thread at a time. */
struct smaller;

/* NULL: out of memory. */
struct smaller *smaller_create(void);

/* Accepts NULL. */
void smaller_destroy(struct smaller *smaller);

/* Writes at most `room` bytes to `to`. What EXIF says of the picture stays with it. Returns 0 with
 * the size, -ENOBUFS when nothing that is still a picture fits, or -EBADMSG when this is none that
 * can be read: also a progressive one, or one of more than 16,384 pixels a row. */
int smaller_make(struct smaller *smaller, const uint8_t *jpeg, size_t size, uint8_t *to,
	size_t room, size_t *made);
