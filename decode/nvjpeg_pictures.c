/* Pictures of one batch: what of them nvJPEG is told, and what becomes of them. The same planes at
 * the same scale as the turbo back-end gives. */
#include <errno.h>
#include <string.h>

#include "decode/nvjpeg_decoder.h"
#include "decode/picture.h"
#include "decode/turbo_planes.h"

/* What a picture becomes. */
struct layout {
	enum gw_format format;
	uint16_t source_width, source_height, width, height;
	struct nvjpeg_plane plane[GW_PLANES];
};

static uint32_t part(uint32_t n, uint32_t of)
{
	return (n + of - 1) / of;
}

static int read_layout(struct turbo_picture *picture, const struct gw_want *want,
	struct gw_frame *frame, struct layout *layout)
{
	struct jpeg_decompress_struct *jpeg = &picture->jpeg;

	turbo_picture_begin(picture, want, frame);
	const enum gw_format format = turbo_planes_format(jpeg);

	if (format == GW_FORMAT_RGB)
		return -ENOTSUP;
	*layout = (struct layout){
		.format = want->gray ? GW_FORMAT_GRAY : format,
		.source_width = (uint16_t)jpeg->image_width,
		.source_height = (uint16_t)jpeg->image_height,
		.width = (uint16_t)jpeg->output_width,
		.height = (uint16_t)jpeg->output_height,
	};
	for (int i = 0; i < GW_PLANES; i++) {
		const jpeg_component_info *component = &jpeg->comp_info[i];
		const uint32_t side = DCTSIZE / (uint32_t)component->DCT_scaled_size;
		const uint32_t across = jpeg->image_width * (uint32_t)component->h_samp_factor;
		const uint32_t down = jpeg->image_height * (uint32_t)component->v_samp_factor;

		layout->plane[i] = (struct nvjpeg_plane){
			.width = part(across, (uint32_t)jpeg->max_h_samp_factor),
			.height = part(down, (uint32_t)jpeg->max_v_samp_factor),
			.side = side};
	}
	return 0;
}

static int look(struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame,
	struct layout *layout)
{
	int status;

	if (setjmp(picture->escape) == 0)
		status = read_layout(picture, want, frame, layout);
	else
		status = -EBADMSG;
	jpeg_abort_decompress(&picture->jpeg);
	return status;
}

/* Describes the surface, and where in it planes go. */
static int place(struct gw_surface *surface, const struct gw_want *want, struct layout *layout)
{
	struct picture_extent extents[GW_PLANES];
	int status;

	if (layout->format == GW_FORMAT_GRAY) {
		status = picture_place(surface, want, layout->source_width, layout->source_height);
		layout->plane[0].pitch = surface->pitch[0];
		return status < 0 ? status : 0;
	}
	for (int i = 0; i < GW_PLANES; i++)
		extents[i] = (struct picture_extent){
			.width = part(layout->plane[i].width, layout->plane[i].side),
			.height = part(layout->plane[i].height, layout->plane[i].side)};
	status = picture_place_planes(
		surface, layout->format, layout->width, layout->height, extents);
	for (int i = 0; status == 0 && i < GW_PLANES; i++) {
		layout->plane[i].pitch = surface->pitch[i];
		layout->plane[i].at = (uint32_t)(surface->plane[i] - surface->room);
	}
	return status;
}

/* Up to the end of the last plane. */
static uint32_t bytes_of(const struct gw_surface *surface)
{
	const int last = surface->format == GW_FORMAT_GRAY ? 0 : GW_PLANES - 1;
	const uint32_t rows =
		surface->format == GW_FORMAT_I420 ? (surface->height + 1u) / 2 : surface->height;

	return (uint32_t)(surface->plane[last] - surface->room) + surface->pitch[last] * rows;
}

int nvjpeg_pictures_add(struct nvjpeg_worker *worker, struct gw_frame *frame)
{
	const struct gw_want want = gw_frame_want(frame);
	const uint32_t count = nvjpeg_batch_count(worker->batch);
	struct gw_surface *surface = frame->surface;
	struct layout layout;
	int status = look(&worker->picture, &want, frame, &layout);

	if (status == 0)
		status = place(surface, &want, &layout);
	if (status != 0)
		return status;
	struct nvjpeg_picture picture = {.data = frame->jpeg.data,
		.size = frame->jpeg.size,
		.planes = layout.format == GW_FORMAT_GRAY ? 1 : GW_PLANES,
		.bytes = bytes_of(surface)};

	memcpy(picture.plane, layout.plane, sizeof(picture.plane));
	status = nvjpeg_batch_add(worker->batch, &picture);
	if (status == -ENOBUFS)
		return count > 0 ? -ENOBUFS : -ENOTSUP;
	worker->frames[count] = frame;
	return 0;
}

size_t nvjpeg_pictures_take(struct nvjpeg_worker *worker, uint32_t index)
{
	const struct gw_surface *surface = worker->frames[index]->surface;
	const uint32_t bytes = bytes_of(surface);

	memcpy(surface->room, nvjpeg_batch_picture(worker->batch, index), bytes);
	return bytes;
}
