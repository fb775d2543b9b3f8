/* How a picture of another shape is brought to a model's input: for decoders, which scale, and for
 * engines, which resize. */
#pragma once

#include <stdint.h>

enum gw_fit {
	GW_FIT_STRETCH, /* each side on its own */
	GW_FIT_LETTERBOX, /* keep the aspect ratio, all of it is seen, something is filled up */
	GW_FIT_CROP, /* keep the aspect ratio, fill all, the middle is seen */
};

struct gw_fit_size {
	uint32_t width, height;
};

/* What a picture of `from` pixels becomes before it is put into an input of `input` pixels, or cut
 * to it: with GW_FIT_LETTERBOX neither side is larger than the input's, with GW_FIT_CROP neither is
 * smaller. `resize` is for GW_FIT_CROP: the shorter side then, at least the longer one of the
 * input; the other is rounded down, as torchvision's Resize does. 0: as small as covers the input.
 * No side may be 0. */
struct gw_fit_size gw_fit_resize(
	enum gw_fit fit, uint32_t resize, struct gw_fit_size input, struct gw_fit_size from);
