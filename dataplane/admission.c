#include "dataplane/admission.h"

#include <errno.h>

/* Sizes are sent in 8 bits and units of 8 pixels. */
#define SIZE_MASK 0x7F8u

static uint16_t rounded(uint32_t pixels)
{
	return (uint16_t)((pixels + 7) & ~7u);
}

static bool agree(uint32_t configured, uint16_t sent)
{
	return sent == 0 || (rounded(configured) & SIZE_MASK) == sent;
}

enum gw_drop admission_size(const struct gw_camera_config *camera, const struct rtp_jpeg *jpeg,
	uint16_t *width, uint16_t *height, uint32_t *flags)
{
	const bool is_field = jpeg->type_specific >= 1 && jpeg->type_specific <= 3;

	*flags = is_field ? GW_FLAG_FIELD : 0;
	*width = jpeg->width;
	*height = jpeg->height;
	if (camera->width > 0) {
		uint16_t true_height = camera->height;

		/* What is configured may be the size of the picture or of one field. */
		if (is_field && (jpeg->height == 0 || !agree(true_height, jpeg->height)))
			true_height = (uint16_t)((camera->height + 1) / 2);
		if (!agree(camera->width, jpeg->width) || !agree(true_height, jpeg->height))
			return GW_DROP_DIMS_MISMATCH;
		*width = camera->width;
		*height = true_height;
	} else if ((*width == 0 || *height == 0) && rtp_jpeg_is_file(jpeg)) {
		if (jpeg_header_find_size(jpeg->data, jpeg->size, width, height) != 0)
			return GW_DROP_DIMS_UNKNOWN;
	}
	if (*width == 0 || *height == 0)
		return GW_DROP_DIMS_UNKNOWN;
	if ((*width | *height) & 7)
		*flags |= GW_FLAG_CROPPED;
	return GW_DROP_NONE;
}

/* Frames beyond the quota that may be shed and still hold their slots, until the decode stage hands
 * them on: a decoder that stands still must not cost the other cameras their slots. */
static uint32_t shed_allowance(uint32_t quota)
{
	return quota < 4 ? 2 : quota / 2;
}

/* Sheds the oldest frame that waits, for a decoder or for its place in a batch. Slots are reused,
 * but only by this thread, so camera and sequence number tell whether a slot still holds the frame
 * that is meant. */
static bool shed_oldest(struct stream *stream)
{
	for (uint64_t i = stream->recent_first; i < stream->complete; i++) {
		struct gw_frame *frame = stream->recent[i % STREAM_RECENT];
		uint8_t word = GW_CLAIM_WAITING;

		if (frame->camera == stream->camera && frame->sequence == i &&
			atomic_compare_exchange_strong(&frame->claim, &word, GW_CLAIM_SHED))
			return true;
		/* What is gone or shed is not looked at again; what is at work may wait again. */
		if (i == stream->recent_first && word != GW_CLAIM_TAKEN)
			stream->recent_first++;
	}
	return false;
}

enum gw_drop admission_slot(struct stream *stream, struct gw_pool *pool, bool lossless,
	uint16_t width, uint16_t height, struct gw_frame **frame)
{
	const uint32_t quota = stream->config->quota;
	const uint64_t on_the_way =
		stream->complete - gw_counter_get(&stream->sink_stats->frames_out);

	if (on_the_way >= quota) {
		if (lossless)
			return ADMISSION_WAIT;
		if (on_the_way >= quota + shed_allowance(quota) || !shed_oldest(stream))
			return GW_DROP_OVER_QUOTA;
	}
	*frame = gw_pool_get(pool, stream->camera, width, height);
	if (*frame) {
		/* No frame that was shed or waits has this number. */
		(*frame)->sequence = UINT64_MAX;
		return GW_DROP_NONE;
	}
	if (errno == EMSGSIZE)
		return GW_DROP_TOO_LARGE;
	return lossless ? ADMISSION_WAIT : GW_DROP_NO_SLOT;
}

void admission_passed_on(struct stream *stream, struct gw_frame *frame)
{
	frame->sequence = stream->complete;
	stream->recent[stream->complete % STREAM_RECENT] = frame;
	stream->complete++;
	if (stream->complete - stream->recent_first > STREAM_RECENT)
		stream->recent_first = stream->complete - STREAM_RECENT;
}
