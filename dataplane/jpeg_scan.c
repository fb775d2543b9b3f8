#include "dataplane/jpeg_scan.h"

#include <string.h>

void jpeg_scan_look(const uint8_t *data, uint32_t size, struct jpeg_scan *scan)
{
	const uint8_t *at = data;
	const uint8_t *end = data + size;

	*scan = (struct jpeg_scan){.size = size, .in_order = true};
	/* Any 0xFF of the code itself is followed by 0, so there are few to look at. */
	while (end - at >= 2 && (at = memchr(at, 0xFF, (size_t)(end - at) - 1))) {
		const uint8_t marker = at[1];

		if (marker == 0) {
			at += 2;
			continue;
		}
		if (marker >= 0xD0 && marker <= 0xD7) {
			if (scan->restarts == 0)
				scan->first_restart = (uint32_t)(at - data);
			scan->in_order &= (scan->restarts & 7) == (marker & 7u);
			scan->restarts++;
		} else if (marker == 0xD9) {
			scan->size = (uint32_t)(at - data);
			return;
		}
		at++;
	}
}
