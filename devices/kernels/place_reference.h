/* The `place` kernel as C: what every other way is held against. Any thread. */
#pragma once

#include "devices/kernels/place_job.h"

/* Does `count` jobs; offsets in them are trusted. `tensor` is aligned to its values. */
void kernels_reference_place(const uint8_t *pixels, const struct place_tap *taps,
	const struct place_job *jobs, uint32_t count, void *tensor);
