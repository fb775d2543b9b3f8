/* The restart interval of a scan whose sender did not tell it: some send restart markers under
 * types 0 and 1. */
#pragma once

#include <stdint.h>

#include "jpeg/scan.h"

/* The first interval is decoded, bit by bit, on the thread that receives: one with more bytes is
 * not looked at. That is more than a row of MCUs of a 4K picture at the highest quality, and takes
 * 1.5 ms. */
#define RESTART_INTERVAL_LIMIT 65536

/* A picture whose scan it is. */
struct restart_picture {
	uint16_t width, height;
	uint8_t subsampling; /* 0 = 4:2:2, 1 = 4:2:0 */
};

/* How many MCUs the picture has. */
uint32_t restart_interval_mcus(const struct restart_picture *picture);

/* How many restart markers a scan of that picture has: they stand between the intervals, none after
 * the last one (T.81, B.2.1). `interval` is not 0. */
uint32_t restart_interval_markers(const struct restart_picture *picture, uint16_t interval);

/* Finds how many MCUs stand between the restart markers of the scan, by decoding those before the
 * first marker (ITU-T T.81, F.2): it may change from picture to picture although the number of
 * markers stays. Returns 0 when the markers make no sense in a picture of that size, or stand too
 * far apart to be counted. */
uint16_t restart_interval_find(
	const uint8_t *data, const struct jpeg_scan *scan, const struct restart_picture *picture);
