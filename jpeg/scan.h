/* Looks through the entropy-coded data of a scan for markers (ITU-T T.81, B.1.1.5). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jpeg_scan {
	uint32_t size; /* bytes before the first EOI, or all */
	uint32_t restarts; /* RSTn markers */
	uint32_t first_restart; /* where the first one stands */
	bool in_order; /* they count 0 .. 7 over and over */
};

void jpeg_scan_look(const uint8_t *data, uint32_t size, struct jpeg_scan *scan);
