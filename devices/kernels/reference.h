/* The kernels as C: what every other way is held against. Any thread. */
#pragma once

#include "devices/kernels/jobs.h"

/* Does `count` jobs; offsets in them are trusted. */
void kernels_reference_idct(const int16_t *coefficients, const uint16_t *tables,
	const struct idct_job *jobs, uint32_t count, uint8_t *samples);
void kernels_reference_rgb(
	const uint8_t *samples, const struct rgb_job *jobs, uint32_t count, uint8_t *pixels);
void kernels_reference_shrink(
	const uint8_t *samples, const struct shrink_job *jobs, uint32_t count, uint8_t *out);
