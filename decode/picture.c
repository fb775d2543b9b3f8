#include "decode/picture.h"

#include <errno.h>
#include <stddef.h>

#define ROW_ALIGNMENT 64u
#define PLANE_ROW_ALIGNMENT 16u

/* The part of one side that the region takes: `length` 0 means to the edge. */
static uint32_t inside(uint32_t begin, uint32_t length, uint32_t side)
{
	uint32_t left = begin < side ? side - begin : 0;

	return length == 0 || length > left ? left : length;
}

uint32_t picture_eighths(const struct gw_camera *camera, uint16_t width, uint16_t height)
{
	const struct gw_region *region = camera->config->region;
	uint32_t across = width, down = height;
	uint32_t eighths = 1;

	if (region) {
		across = inside(region->x, region->width, width);
		down = inside(region->y, region->height, height);
	}
	while (eighths < PICTURE_EIGHTHS &&
		(across * eighths < camera->input_width * PICTURE_EIGHTHS ||
			down * eighths < camera->input_height * PICTURE_EIGHTHS))
		eighths *= 2;
	return eighths;
}

int picture_place(
	struct gw_image *image, const struct gw_camera *camera, uint16_t width, uint16_t height)
{
	uint32_t eighths = picture_eighths(camera, width, height);
	uint16_t across = picture_scaled(width, eighths);
	uint16_t down = picture_scaled(height, eighths);
	uint32_t row = camera->input_gray ? across : 3u * across;
	uint32_t pitch = (row + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;

	if ((uint64_t)pitch * down > image->capacity)
		return -EMSGSIZE;
	image->memory = GW_MEM_HOST;
	image->format = camera->input_gray ? GW_FORMAT_GRAY : GW_FORMAT_RGB;
	image->width = across;
	image->height = down;
	for (int i = 0; i < GW_PLANES; i++) {
		image->plane[i] = i == 0 ? image->room : NULL;
		image->pitch[i] = i == 0 ? pitch : 0;
	}
	return (int)eighths;
}

int picture_place_planes(struct gw_image *image, enum gw_format format, uint16_t width,
	uint16_t height, const struct picture_extent *extents)
{
	uint32_t pitch[GW_PLANES];
	uint64_t size = 0;

	for (int i = 0; i < GW_PLANES; i++) {
		pitch[i] = (extents[i].width + PLANE_ROW_ALIGNMENT - 1) / PLANE_ROW_ALIGNMENT *
			PLANE_ROW_ALIGNMENT;
		size += (uint64_t)pitch[i] * extents[i].height;
	}
	if (size > image->capacity)
		return -EMSGSIZE;
	image->memory = GW_MEM_HOST;
	image->format = format;
	image->width = width;
	image->height = height;
	uint8_t *at = image->room;
	for (int i = 0; i < GW_PLANES; i++) {
		image->plane[i] = at;
		image->pitch[i] = pitch[i];
		at += (size_t)pitch[i] * extents[i].height;
	}
	return 0;
}
