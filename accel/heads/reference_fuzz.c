/* A picture that a model made against any bytes that are to be the camera's JPEG: a ratio, or none.
 * The first bytes are its orientation, its range and kind, and its size as it is seen. */
#include <stdlib.h>

#include "accel/heads/reference.h"
#include "core/orientation.h"

#define HEAD 4
#define MOST 64 /* pixels of a side */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static float values[3 * MOST * MOST];
	static struct reference *reference;

	if (!reference)
		reference = reference_create();
	if (!reference || size < HEAD)
		return 0;
	const uint32_t width = 1 + data[2] % MOST, height = 1 + data[3] % MOST;
	/* All of it, or what is left without the first columns and rows. */
	const uint32_t cut = data[1] & 4 && width > 2 && height > 2 ? 2 : 0;
	const struct gw_frame frame = {
		.orientation = data[0] % (GW_ORIENTATIONS + 1),
		.width = (uint16_t)width,
		.height = (uint16_t)height,
		.jpeg = {.data = (uint8_t *)data + HEAD, .size = (uint32_t)(size - HEAD)},
	};
	const struct input_map map = {.left = (float)cut,
		.top = (float)cut,
		.right = (float)width,
		.bottom = (float)height};
	const struct pixels made = {.values = values,
		.width = width - cut,
		.height = height - cut,
		.of_row = MOST,
		.of_pixel = 1,
		.of_channel = (size_t)MOST * MOST,
		.channels = data[1] & 2 ? 3 : 1,
		.scale = 1};
	const float psnr = reference_psnr(reference, &frame, data[1] & 1, &map, &made);

	if (!(psnr >= -1 && psnr <= REFERENCE_ALIKE))
		abort();
	return 0;
}
