/* What the Exif segment of a JPEG says of how its picture is meant (Exif 2.32, 4.6 and 4.7.2). */
#pragma once

#include <stdint.h>

/* Reads the body of an APP1 segment. Returns the orientation, 1 .. 8 (core/orientation.h), or 0
 * when it is no Exif segment, is malformed or says none. Any thread. */
uint8_t jpeg_exif_orientation(const uint8_t *body, uint32_t size);
