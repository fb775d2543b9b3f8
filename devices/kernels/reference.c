#include "devices/kernels/reference.h"

#include "devices/kernels/prelude_c.h"

#include "devices/kernels/idct.cl"

#include "devices/kernels/upsample.cl"

#include "devices/kernels/colour.cl"

#include "devices/kernels/shrink.cl"

void kernels_reference_idct(const int16_t *coefficients, const uint16_t *tables,
	const struct idct_job *jobs, uint32_t count, uint8_t *samples)
{
	for (uint32_t i = 0; i < count; i++) {
		work_item[1] = i;
		for (uint32_t k = 0; k < jobs[i].across * jobs[i].down; k++) {
			work_item[0] = k;
			idct(coefficients, tables, jobs, samples);
		}
	}
}

void kernels_reference_rgb(
	const uint8_t *samples, const struct rgb_job *jobs, uint32_t count, uint8_t *pixels)
{
	for (uint32_t i = 0; i < count; i++) {
		work_item[2] = i;
		for (uint32_t y = 0; y < jobs[i].height; y++) {
			work_item[1] = y;
			for (uint32_t x = 0; x < jobs[i].width; x++) {
				work_item[0] = x;
				rgb(samples, jobs, pixels);
			}
		}
	}
}

void kernels_reference_shrink(
	const uint8_t *samples, const struct shrink_job *jobs, uint32_t count, uint8_t *out)
{
	for (uint32_t i = 0; i < count; i++) {
		work_item[2] = i;
		for (uint32_t y = 0; y * jobs[i].side < jobs[i].height; y++) {
			work_item[1] = y;
			for (uint32_t x = 0; x * jobs[i].side < jobs[i].width; x++) {
				work_item[0] = x;
				shrink(samples, jobs, out);
			}
		}
	}
}
