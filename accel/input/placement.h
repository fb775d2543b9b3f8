/* How the `place` kernel (devices/kernels/place.cl) is told what accel/input/preprocess.h does: for
 * engines whose input lies in the memory of a device. Any thread; nothing allocates.
 */
#pragma once

#include "accel/input/geometry.h"
#include "core/surface.h"
#include "devices/kernels/place_job.h"

/* Taps that a picture for this input needs at most: columns and rows, of luma and chroma. */
static inline uint32_t placement_taps_most(const struct model_input *input)
{
	return 4 * model_longest_side(input);
}

/* Writes the taps of the tables that the geometry was last updated to, and returns how many. */
uint32_t placement_taps(const struct geometry *geometry, struct place_tap *taps);

/* Tells of the picture in `surface`, whose size the geometry was last updated for: its samples are
 * counted from the beginning of its memory, in the host's from its first plane's; its taps from
 * those that placement_taps() writes, its values from picture `index` of the tensor. */
struct place_job placement_job(
	const struct geometry *geometry, const struct gw_surface *surface, uint32_t index);
