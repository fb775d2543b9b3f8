/* Coefficients are read of the same pictures that turbo decodes, and of no others; and lie within
 * the memory that was said to be enough. */
#include <errno.h>
#include <stdlib.h>

#include "decode/coefficients.h"
#include "jpeg/probe.h"

#define SIDE 512u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jpeg_limits limits = {SIDE, SIDE};
	static const struct gw_want want = {.full = true};
	static _Alignas(64) uint8_t room[3 * SIDE * SIDE];
	static struct gw_surface surface = {.room = room, .capacity = sizeof(room)};
	static struct turbo_picture picture;
	static struct coefficients coefficients;
	static struct gw_frame frame = {.surface = &surface};
	struct jpeg_info info;
	const char *cause;

	if (size > UINT32_MAX || jpeg_probe(data, size, &limits, &info, &cause) != 0)
		return 0;
	if (!picture.arena.memory && turbo_picture_open(&picture, SIDE) != 0)
		abort();
	frame.jpeg.data = (uint8_t *)data;
	frame.jpeg.size = info.size;
	coefficients.room = NULL;
	coefficients.most = 0;
	if (coefficients_read(&picture, &want, &frame, &coefficients) != -ENOBUFS)
		return 0;
	coefficients.most = coefficients.used;
	coefficients.room = malloc((size_t)coefficients.most * 64 * sizeof(int16_t));
	if (!coefficients.room)
		abort();
	const int status = coefficients_read(&picture, &want, &frame, &coefficients);

	if ((status == 0) != (turbo_picture_decode(&picture, &want, &frame) == 0))
		abort();
	if (status == 0 && coefficients.used != coefficients.most)
		abort();
	free(coefficients.room);
	return 0;
}
