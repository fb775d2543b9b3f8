#include "dataplane/onvif.h"

#include <string.h>

#include "core/bytes.h"
#include "dataplane/fragments.h"
#include "dataplane/open_frame.h"
#include "dataplane/picture_size.h"
#include "jpeg/header.h"

/* What stands where the header extension says its profile. */
enum {
	PROFILE_HEADER = 0xFFD8, /* a picture begins; marker segments follow */
	PROFILE_MORE = 0xFFFF, /* it goes on */
	PROFILE_REPLAY = 0xABAC, /* the replay extension; one of the others may follow it */
	REPLAY_SIZE = 12, /* bytes: time stamp, flags, sequence */
};

enum gw_drop onvif_parse(const struct rtp_packet *rtp, struct rtp_jpeg *jpeg)
{
	const uint8_t *data = rtp->extension;
	uint32_t size = rtp->extension_size;
	uint32_t profile = rtp->extension_profile;

	if (profile == PROFILE_REPLAY && size >= REPLAY_SIZE + 4) {
		const uint32_t left = size - REPLAY_SIZE - 4;

		profile = read_be16(data + REPLAY_SIZE);
		size = read_be16(data + REPLAY_SIZE + 2) * 4u;
		data += REPLAY_SIZE + 4;
		if (size > left)
			profile = 0;
	}
	if (profile != PROFILE_HEADER && profile != PROFILE_MORE)
		return rtp_jpeg_parse(rtp->payload, rtp->size, jpeg);
	const enum rtp_jpeg_part part =
		profile == PROFILE_HEADER ? RTP_JPEG_ONVIF_FIRST : RTP_JPEG_ONVIF_MORE;

	jpeg->segments = data;
	jpeg->segments_size = part == RTP_JPEG_ONVIF_FIRST ? size : 0;
	return rtp_jpeg_parse_part(rtp->payload, rtp->size, part, jpeg);
}

bool onvif_replay_time(const struct rtp_packet *rtp, uint64_t *ntp)
{
	if (rtp->extension_profile != PROFILE_REPLAY || rtp->extension_size < REPLAY_SIZE)
		return false;
	*ntp = (uint64_t)read_be32(rtp->extension) << 32 | read_be32(rtp->extension + 4);
	return true;
}

bool onvif_find_size(
	const struct stream *stream, const struct rtp_jpeg *jpeg, uint16_t *width, uint16_t *height)
{
	if (jpeg->part == RTP_JPEG_ONVIF_FIRST &&
		jpeg_header_find_size(jpeg->segments, jpeg->segments_size, width, height) == 0)
		return true;
	if (!stream->is_onvif || stream->parts.frame.marker == 0 || jpeg->width || jpeg->height)
		return false;
	*width = stream->parts.frame.width;
	*height = stream->parts.frame.height;
	return true;
}

/* The extension's own tables go before those of Q; those that stay go before none. */
static enum gw_drop find_tables(struct stream *stream, const struct rtp_jpeg *jpeg, bool has_own,
	const struct jpeg_tables **tables)
{
	*tables = NULL;
	if (has_own || jpeg->q == 0)
		return GW_DROP_NONE;
	const enum gw_drop drop = open_frame_find_tables(stream, jpeg, tables);

	if (drop != GW_DROP_NO_TABLES || stream->parts.quantisation == 0)
		return drop;
	*tables = NULL;
	return GW_DROP_NONE;
}

/* The frame header, which stays while the packets say no size: or one for the size that they say.
 */
static enum gw_drop set_size(struct open_frame *open, struct stream *stream,
	const struct rtp_jpeg *jpeg, bool has_own, struct jpeg_parts_frame *header)
{
	struct gw_frame *frame = open->frame;

	*header = stream->parts.frame;
	if (header->marker == 0 || (!has_own && (jpeg->width || jpeg->height))) {
		const enum gw_drop drop = picture_size_find(
			stream->config, jpeg, &frame->width, &frame->height, &frame->flags);

		if (drop != GW_DROP_NONE)
			return drop;
		jpeg_parts_set_frame(header, jpeg->type & 1, frame->width, frame->height);
		return GW_DROP_NONE;
	}
	frame->width = header->width;
	frame->height = header->height;
	if ((frame->width | frame->height) & 7)
		frame->flags |= GW_FLAG_CROPPED;
	return GW_DROP_NONE;
}

/* The packet that begins the picture: headers are made of what it brings and what came before. */
static enum gw_drop take_first(
	struct open_frame *open, struct stream *stream, const struct rtp_jpeg *jpeg)
{
	struct jpeg_parts_once once = {0};
	struct jpeg_parts_frame header;
	const struct jpeg_tables *tables;

	if (jpeg->part == RTP_JPEG_ONVIF_FIRST &&
		jpeg_parts_read(&stream->parts, &once, jpeg->segments, jpeg->segments_size) != 0)
		return GW_DROP_BAD_EXTENSION;
	stream->is_onvif = true;
	const enum gw_drop drop = find_tables(stream, jpeg, once.has_tables, &tables);

	if (drop != GW_DROP_NONE)
		return drop;
	const enum gw_drop unsized = set_size(open, stream, jpeg, once.has_frame, &header);

	if (unsized != GW_DROP_NONE)
		return unsized;
	open->interval = once.interval ? once.interval : jpeg->restart_interval;
	open->mcus = jpeg_parts_mcus(&header);
	uint8_t bytes[GW_JPEG_HEADROOM];

	open->header_size = jpeg_parts_write(
		&stream->parts, &header, &once, open->interval, tables, bytes, sizeof(bytes));
	if (open->header_size == 0)
		return GW_DROP_NO_TABLES;
	open->header_sound = false;
	memcpy(open->data - open->header_size, bytes, open->header_size);
	return GW_DROP_NONE;
}

enum gw_drop onvif_add(struct open_frame *open, struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	struct coverage *coverage = &open->coverage;
	const uint32_t end = coverage_end(coverage);
	const struct jpeg_chunk chunk = {
		.number = (uint32_t)extended, .begin = end, .size = jpeg->size};

	if (jpeg->offset == 0 && !open->have_first) {
		open->have_first = true;
		open->first = extended;
		open->print = rtp_jpeg_print(jpeg);
		const enum gw_drop drop = take_first(open, stream, jpeg);

		if (drop != GW_DROP_NONE)
			return drop;
	}
	/* In a larger slot the packet is added once more. */
	if (!fragments_add(open, &chunk, jpeg->size))
		return GW_DROP_TOO_LARGE;
	if (open->packets > 0 && extended != open->high + 1)
		open->is_shuffled = true;
	open->packets++;
	coverage->count = 1;
	jpeg_scan_copy(&open->scan, open->data, jpeg->data, jpeg->size);
	coverage->span[0] = (struct span){0, end + jpeg->size};
	if (extended < open->low)
		open->low = extended;
	if (extended > open->high)
		open->high = extended;
	if (rtp->marker) {
		open->have_last = true;
		open->last = extended;
	}
	return GW_DROP_NONE;
}

/* Puts the bytes into the order of their packets, by way of the room behind them. */
static bool put_in_order(struct open_frame *open)
{
	const uint32_t size = coverage_end(&open->coverage);
	const struct jpeg_chunk *list = fragments_by_number(open);
	uint8_t *const ordered = open->data + size;
	uint32_t done = 0;

	if (open->limit - size < size)
		return false;
	for (uint32_t i = 0; i < open->fragments; i++) {
		if (list[i].size > size - done)
			return false;
		memcpy(ordered + done, open->data + list[i].begin, list[i].size);
		done += list[i].size;
	}
	open->frame->reached = GW_JPEG_HEADROOM + 2 * size;
	memcpy(open->data, ordered, size);
	open->scan = (struct jpeg_scan){0};
	return true;
}

enum gw_drop onvif_finish(struct open_frame *open)
{
	if (open->is_shuffled && !put_in_order(open))
		return GW_DROP_TOO_LARGE;
	open->size = coverage_end(&open->coverage);
	return GW_DROP_NONE;
}
