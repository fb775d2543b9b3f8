#include "devices/kernels/place_reference.h"

#include "devices/kernels/prelude_c.h"

#include "devices/kernels/place.cl"

void kernels_reference_place(const uint8_t *pixels, const struct place_tap *taps,
	const struct place_job *jobs, uint32_t count, void *tensor)
{
	for (uint32_t i = 0; i < count; i++) {
		work_item[2] = i;
		for (uint32_t y = 0; y < jobs[i].height; y++) {
			work_item[1] = y;
			for (uint32_t x = 0; x < jobs[i].width; x++) {
				work_item[0] = x;
				place(pixels, taps, jobs, tensor);
			}
		}
	}
}
