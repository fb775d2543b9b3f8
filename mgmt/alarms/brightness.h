/* How bright a JPEG is, decoded at an eighth of its size and without colours. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The mean of its luma, 0 .. 255; or -EINVAL when it is none that libjpeg reads, or is larger than
 * 64 million pixels. Allocates; some milliseconds. Any thread. */
int brightness_of(const uint8_t *jpeg, size_t size);
