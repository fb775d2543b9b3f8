#include "dataplane/picture_size.h"

#include "jpeg/header.h"

/* Sizes are sent in 8 bits and units of 8 pixels. */
#define SIZE_MASK 0x7F8u

static uint16_t rounded(uint32_t pixels)
{
	return (uint16_t)((pixels + 7) & ~7u);
}

/* The picture holds whole blocks, so senders should round up; some round down. */
static bool agree(uint32_t configured, uint16_t sent)
{
	return sent == 0 || (rounded(configured) & SIZE_MASK) == sent ||
		(configured & SIZE_MASK) == sent;
}

enum gw_drop picture_size_find(const struct gw_camera_config *camera, const struct rtp_jpeg *jpeg,
	uint16_t *width, uint16_t *height, uint32_t *flags)
{
	const bool is_field = jpeg->type_specific >= 1 && jpeg->type_specific <= 3;

	*flags = is_field ? GW_FLAG_FIELD : 0;
	*width = jpeg->width;
	*height = jpeg->height;
	if (rtp_jpeg_is_file(jpeg)) {
		/* The file itself says it: what stands here only chooses a slot. */
		if (jpeg_header_find_size(jpeg->data, jpeg->size, width, height) != 0 &&
			camera->width > 0) {
			*width = camera->width;
			*height = camera->height;
		}
	} else if (camera->width > 0) {
		uint16_t true_height = camera->height;

		/* What is configured may be the size of the picture or of one field. */
		if (is_field && (jpeg->height == 0 || !agree(true_height, jpeg->height)))
			true_height = (uint16_t)((camera->height + 1) / 2);
		const bool agreed =
			agree(camera->width, jpeg->width) && agree(true_height, jpeg->height);

		if (!agreed && !camera->learned_size)
			return GW_DROP_DIMS_MISMATCH;
		/* A description may be older than the camera's settings. */
		if (agreed) {
			*width = camera->width;
			*height = true_height;
		}
	}
	if (*width == 0 || *height == 0)
		return GW_DROP_DIMS_UNKNOWN;
	if ((*width | *height) & 7)
		*flags |= GW_FLAG_CROPPED;
	return GW_DROP_NONE;
}
