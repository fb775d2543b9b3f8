#include "decode/look.h"

#include <errno.h>

#include "core/camera.h"
#include "core/orientation.h"
#include "core/surface.h"

/* What the frame needs to be let through to a decoder. */
static int check(
	const struct gw_frame *frame, const struct jpeg_limits *limits, struct jpeg_info *info)
{
	const char *cause;

	if (!frame->jpeg.sound)
		return jpeg_probe(frame->jpeg.data, frame->jpeg.size, limits, info, &cause);
	info->width = frame->width;
	info->height = frame->height;
	info->size = frame->jpeg.size;
	info->orientation = GW_UPRIGHT;
	return info->width > limits->max_width || info->height > limits->max_height ? -EFBIG : 0;
}

/* From what is stored to what is seen. */
static void turn(struct gw_frame *frame, const struct jpeg_info *info)
{
	const struct gw_camera_config *camera = frame->version->config;
	const bool told = camera->orientation == GW_ORIENTATION_EXIF;
	const uint16_t width = frame->width;

	frame->orientation =
		gw_orientation_rotate(told ? info->orientation : GW_UPRIGHT, camera->rotate);
	if (!gw_orientation_swaps(frame->orientation))
		return;
	frame->width = frame->height;
	frame->height = width;
}

bool look_at_picture(
	struct gw_frame *frame, const struct jpeg_limits *limits, struct jpeg_info *info)
{
	int status = check(frame, limits, info);

	if (status != 0) {
		gw_frame_fail(frame,
			status == -EFBIG             ? GW_DROP_JPEG_LIMIT
				: status == -ENOTSUP ? GW_DROP_JPEG_UNSUPPORTED
						     : GW_DROP_JPEG_BAD);
		return false;
	}
	frame->jpeg.size = info->size;
	if (frame->width == 0 || frame->height == 0) {
		frame->width = info->width;
		frame->height = info->height;
	}
	turn(frame, info);
	return true;
}

void look_describe_surface(const struct gw_frame *frame)
{
	frame->surface->orientation = frame->orientation;
	frame->surface->limited = frame->version->config->range == GW_RANGE_LIMITED;
}
