/* A picture of one colour, made and decoded: some libraries and drivers do not fit each other, and
 * what is done at the first picture takes long. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/nvjpeg_decoder.h"

/* Engines need not take the smallest pictures. */
#define SIDE 128

static const uint8_t colour[GW_PLANES] = {200, 90, 150};

/* libjpeg's own handler for errors ends the process: there are none here but a lack of memory. */
static unsigned char *make(unsigned long *size)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned char *data = NULL;
	JSAMPLE row[3 * SIDE];
	JSAMPROW rows[] = {row};

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &data, size);
	jpeg.image_width = jpeg.image_height = SIDE;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_YCbCr;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 100, TRUE);
	for (int i = 0; i < 3 * SIDE; i++)
		row[i] = colour[i % 3];
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < SIDE)
		jpeg_write_scanlines(&jpeg, rows, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return data;
}

static bool right(const uint8_t *picture, const struct nvjpeg_picture *told)
{
	for (int i = 0; i < GW_PLANES; i++) {
		const struct nvjpeg_plane *plane = &told->plane[i];
		const uint32_t side = plane->width / plane->side;

		for (uint32_t k = 0; k < side * side; k++)
			if (abs(picture[plane->at + k / side * plane->pitch + k % side] -
				    colour[i]) > 1)
				return false;
	}
	return true;
}

int nvjpeg_trial(struct nvjpeg_batch *batch, const char *gpu, struct gw_error *error)
{
	unsigned long size = 0;
	unsigned char *data = make(&size);
	struct nvjpeg_picture whole = {.data = data,
		.size = size,
		.plane = {{SIDE, SIDE, 1, 0, SIDE}, {SIDE / 2, SIDE / 2, 1, SIDE * SIDE, SIDE},
			{SIDE / 2, SIDE / 2, 1, SIDE * SIDE * 3 / 2, SIDE}},
		.planes = GW_PLANES,
		.bytes = 2 * SIDE * SIDE};
	struct nvjpeg_picture half = whole;

	for (int i = 0; i < GW_PLANES; i++)
		half.plane[i].side = 2;
	int status = nvjpeg_batch_add(batch, &whole);

	if (status == 0)
		status = nvjpeg_batch_add(batch, &half);
	if (status != 0)
		gw_error_set(error, status, "nvJPEG: %s has no room for a picture", gpu);
	else
		status = nvjpeg_batch_run(batch, 0, 2, error);
	if (status == 0 &&
		(!right(nvjpeg_batch_picture(batch, 0), &whole) ||
			!right(nvjpeg_batch_picture(batch, 1), &half)))
		status = gw_error_set(error, -EIO,
			"nvJPEG: %s makes wrong pictures: update its driver, and nvJPEG", gpu);
	nvjpeg_batch_reset(batch);
	free(data);
	return status;
}
