/* How the pixels of a picture as it is stored must be turned so that it is seen as it is meant: the
 * eight ways, with the numbers that Exif has for them (Exif 2.32, 4.6.5, tag 274). 0 is upright
 * too. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GW_UPRIGHT 1
#define GW_ORIENTATIONS 8

/* Whether rows are seen as columns: what is stored W x H is seen H x W. */
static inline bool gw_orientation_swaps(uint8_t orientation)
{
	return orientation >= 5;
}

/* Whether then, as it is seen, left and right change places, and top and bottom. */
static inline bool gw_orientation_mirrors_x(uint8_t orientation)
{
	return orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
}

static inline bool gw_orientation_mirrors_y(uint8_t orientation)
{
	return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
}

/* What is seen after that orientation, turned by so many degrees clockwise: 0, 90, 180 or 270. */
static inline uint8_t gw_orientation_rotate(uint8_t orientation, uint16_t degrees)
{
	static const uint8_t quarter[GW_ORIENTATIONS + 1] = {6, 6, 7, 8, 5, 2, 3, 4, 1};

	for (; degrees >= 90; degrees -= 90)
		orientation = quarter[orientation];
	return orientation ? orientation : GW_UPRIGHT;
}
