/* Looks through the entropy-coded data of a scan for markers (ITU-T T.81, B.1.1.5), while it is put
 * together or afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the bytes from the beginning of a scan on hold, as far as they were looked at. All zero:
 * none yet. */
struct jpeg_scan {
	uint32_t seen; /* bytes that were looked at */
	uint32_t size; /* bytes before the first EOI, or `seen` */
	uint32_t restarts; /* RSTn markers */
	uint32_t first_restart, last_restart; /* where they stand */
	bool out_of_order; /* they do not count 0 .. 7 over and over */
	bool foreign; /* another marker stands there, the first one at `foreign_at` */
	uint32_t foreign_at;
	bool open; /* the last byte seen may begin a marker */
	bool ended; /* EOI came: what follows is of no interest */
};

/* Puts `size` bytes behind those that were looked at, and looks at them on the way. `data` is where
 * the scan begins. The bytes at `data + scan->seen` may be there already. */
void jpeg_scan_copy(struct jpeg_scan *scan, uint8_t *data, const uint8_t *fragment, uint32_t size);

/* Looks at the bytes of the scan at `data` that were not looked at, up to `size`. */
void jpeg_scan_look(struct jpeg_scan *scan, const uint8_t *data, uint32_t size);

/* Leaves out a restart marker that nothing but filling (zero bytes, 0xFF) separates from the end:
 * it begins an interval without MCUs (T.81, B.2.1). Some senders write one. */
void jpeg_scan_trim(struct jpeg_scan *scan, const uint8_t *data);
