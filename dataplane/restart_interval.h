/* The restart interval of a scan whose sender did not tell it: some send restart markers under
 * types 0 and 1. */
#pragma once

#include <stdint.h>

#include "dataplane/jpeg_scan.h"

/* Counts the MCUs before the first restart marker by decoding them (ITU-T T.81, F.2), and checks
 * that the other markers fit a picture of that size. `sampling`: 0 = 4:2:2, 1 = 4:2:0. Returns the
 * interval, or 0 when the markers make no sense. */
uint16_t restart_interval_count(const uint8_t *data, const struct jpeg_scan *scan, uint8_t sampling,
	uint16_t width, uint16_t height);
