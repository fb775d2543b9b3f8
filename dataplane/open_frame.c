#include "dataplane/open_frame.h"

#include <string.h>

#include "core/camera.h"
#include "dataplane/fragments.h"
#include "dataplane/onvif.h"
#include "dataplane/picture_size.h"
#include "dataplane/session.h"
#include "jpeg/file.h"
#include "jpeg/marker.h"
#include "jpeg/restart_interval.h"
#include "jpeg/scan.h"

/* EOI and nothing more follows the scan. */
#define TAIL 2u

void open_frame_begin(struct open_frame *open, struct gw_frame *frame, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	open->state = OPEN_FILLING;
	open->frame = frame;
	open->data = frame->jpeg.room + GW_JPEG_HEADROOM;
	open->limit = frame->jpeg.capacity - GW_JPEG_HEADROOM - TAIL;
	open->header_size = 0;
	open->timestamp = rtp->timestamp;
	open->interval = jpeg->restart_interval;
	open->type_specific = jpeg->type_specific;
	open->type = jpeg->type;
	open->q = jpeg->q;
	open->said_width = jpeg->width;
	open->said_height = jpeg->height;
	open->packets = 0;
	open->fragments = 0;
	open->is_shuffled = false;
	open->is_onvif = jpeg->part != RTP_JPEG_BY_OFFSET;
	open->can_conceal = frame->version && frame->version->config->conceal;
	open->payload_type = rtp->payload_type;
	open->is_left_over = false;
	open->have_first = false;
	open->is_file = false;
	open->have_last = false;
	open->have_size = false;
	open->low = extended;
	open->high = 0;
	open->high_end = 0;
	open->coverage.count = 0;
	open->scan = (struct jpeg_scan){0};
}

static bool tables_differ(const struct jpeg_tables *a, const struct jpeg_tables *b)
{
	return a->count != b->count ||
		memcmp(a->value, b->value, a->count * sizeof(a->value[0])) != 0;
}

enum gw_drop open_frame_find_tables(
	struct stream *stream, const struct rtp_jpeg *jpeg, const struct jpeg_tables **found)
{
	if (jpeg->q == 0)
		return GW_DROP_NO_TABLES;
	if (jpeg->q < RTP_JPEG_Q_TABLES) {
		if (stream->computed_q != jpeg->q) {
			jpeg_tables_compute(jpeg->q, &stream->computed);
			stream->computed_q = jpeg->q;
		}
		*found = &stream->computed;
		return GW_DROP_NONE;
	}
	struct jpeg_tables *cached = &stream->tables[jpeg->q - RTP_JPEG_Q_TABLES];

	*found = cached;
	stream->kept_q = jpeg->tables_size == 0 ? jpeg->q : 0;
	if (jpeg->tables_size == 0)
		/* 255 promises tables in every frame. */
		return jpeg->q == 255 || cached->count == 0 ? GW_DROP_NO_TABLES : GW_DROP_NONE;
	struct jpeg_tables sent;

	if (jpeg_tables_read(jpeg->tables_precision, jpeg->tables, jpeg->tables_size, &sent) != 0)
		return GW_DROP_BAD_TABLES;
	if (tables_differ(&sent, cached)) {
		if (cached->count > 0) {
			session_notice(stream, GW_EVENT_TABLES_CHANGED, 1);
			stream->tables_vary = true;
		}
		*cached = sent;
	}
	return GW_DROP_NONE;
}

static enum gw_drop write_header(
	struct open_frame *open, struct stream *stream, const struct rtp_jpeg *jpeg)
{
	const struct jpeg_tables *tables;
	const enum gw_drop drop = open_frame_find_tables(stream, jpeg, &tables);

	if (drop != GW_DROP_NONE)
		return drop;
	const struct jpeg_header_key key = {
		.width = open->frame->width,
		.height = open->frame->height,
		.interval = open->interval,
		.subsampling = open->type & 1,
		.tables = *tables,
	};

	jpeg_header_update(&stream->header, &key);
	open->header_size = stream->header.size;
	open->header_sound = stream->header.sound;
	memcpy(open->data - open->header_size, stream->header.bytes, open->header_size);
	return GW_DROP_NONE;
}

enum gw_drop open_frame_replace_first(struct open_frame *open, struct stream *stream)
{
	const struct rtp_jpeg jpeg = {
		.q = open->q,
		.type_specific = open->type_specific,
		.width = open->said_width,
		.height = open->said_height,
	};
	struct gw_frame *frame = open->frame;
	uint16_t width, height;
	const enum gw_drop drop =
		picture_size_find(stream->config, &jpeg, &width, &height, &frame->flags);

	if (drop != GW_DROP_NONE)
		return drop;
	if (width != frame->width || height != frame->height)
		return GW_DROP_DIMS_MISMATCH;
	if (open->q >= RTP_JPEG_Q_TABLES && (stream->kept_q != open->q || stream->tables_vary))
		return GW_DROP_NO_TABLES;
	return write_header(open, stream, &jpeg);
}

/* The packet with offset 0 brings what the headers are made of: they are written at once, because
 * the next frame may change the stream's tables while this one waits for late packets. */
static enum gw_drop take_first(struct open_frame *open, struct stream *stream,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	struct gw_frame *frame = open->frame;

	open->have_first = true;
	open->first = extended;
	open->print = rtp_jpeg_print(jpeg);
	if (open->packets > 0 && !rtp_jpeg_is_file(jpeg)) {
		/* Another one came before, and is not believed. */
		const enum gw_drop bad = picture_size_find(
			stream->config, jpeg, &frame->width, &frame->height, &frame->flags);

		if (bad != GW_DROP_NONE)
			return bad;
		open->type_specific = jpeg->type_specific;
		open->interval = jpeg->restart_interval;
		open->q = jpeg->q;
	}
	if (rtp_jpeg_is_file(jpeg)) {
		open->is_file = true;
		return GW_DROP_NONE;
	}
	return write_header(open, stream, jpeg);
}

/* Whether the bytes that are there already are the same where begin .. end - 1 overlaps them. */
static bool overlap_is_equal(
	const struct open_frame *open, uint32_t begin, uint32_t end, const uint8_t *data)
{
	for (uint32_t i = 0; i < open->coverage.count; i++) {
		const struct span *span = &open->coverage.span[i];
		const uint32_t low = span->begin > begin ? span->begin : begin;
		const uint32_t high = span->end < end ? span->end : end;

		if (low < high && memcmp(open->data + low, data + (low - begin), high - low) != 0)
			return false;
	}
	return true;
}

/* Puts bytes in their place. Those that come in order are looked at on the way; the others when the
 * frame is finished. A complete file is looked at by others. */
static void copy(struct open_frame *open, uint32_t offset, const uint8_t *data, uint32_t size)
{
	if (offset == open->scan.seen && !open->is_file)
		jpeg_scan_copy(&open->scan, open->data, data, size);
	else
		memcpy(open->data + offset, data, size);
}

static enum gw_drop place(
	struct open_frame *open, uint32_t offset, const uint8_t *data, uint32_t size)
{
	struct coverage *coverage = &open->coverage;
	const uint32_t end = offset + size; /* both are below 2^24 */

	if (end > open->limit)
		return GW_DROP_TOO_LARGE;
	if (open->have_size && end > open->size)
		return GW_DROP_BEYOND_END;
	if (size == 0)
		return GW_DROP_NONE;
	if (coverage->count > 0 && coverage_end(coverage) == offset) {
		/* In order. */
		copy(open, offset, data, size);
		coverage->span[coverage->count - 1].end = end;
		return GW_DROP_NONE;
	}
	if (!overlap_is_equal(open, offset, end, data))
		return GW_DROP_OVERLAP;
	const int64_t added = coverage_add(coverage, offset, end);

	if (added < 0)
		return GW_DROP_INCOMPLETE;
	if (added == 0)
		return GW_DROP_DUPLICATE;
	copy(open, offset, data, size);
	return GW_DROP_NONE;
}

static enum gw_drop set_size(struct open_frame *open, uint32_t size)
{
	open->have_size = true;
	open->size = size;
	return coverage_end(&open->coverage) > size ? GW_DROP_BEYOND_END : GW_DROP_NONE;
}

/* Notes where the fragment stands and what its restart header says (RFC 2435, 3.1.7). */
static void note_chunk(struct open_frame *open, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	/* The sender does not keep to intervals, and says so. */
	if (!(jpeg->type & RTP_JPEG_RESTART) ||
		(jpeg->restart_first && jpeg->restart_last &&
			jpeg->restart_count == RTP_JPEG_WHOLE_FRAME)) {
		open->can_conceal = false;
		return;
	}
	if (!open->have_first &&
		(jpeg->width != open->said_width || jpeg->height != open->said_height))
		open->said_width = open->said_height = 0;
	const struct jpeg_chunk chunk = {
		.number = (uint32_t)extended,
		.begin = jpeg->offset,
		.size = jpeg->size,
		.restart_count = jpeg->restart_count,
		.is_first = jpeg->restart_first,
		.is_last = jpeg->restart_last || rtp->marker,
	};

	open->can_conceal = fragments_add(open, &chunk, 0);
}

enum gw_drop open_frame_add(struct open_frame *open, struct stream *stream,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, uint64_t extended)
{
	enum gw_drop drop;

	if (open->is_onvif)
		return onvif_add(open, stream, rtp, jpeg, extended);
	/* A header extension that came too late to be of use here. */
	if (jpeg->part != RTP_JPEG_BY_OFFSET)
		return GW_DROP_MIXED_HEADERS;
	/* It decides what follows it: the header of every packet has that form. */
	if (open->type != jpeg->type)
		return GW_DROP_MIXED_HEADERS;
	if (jpeg->offset == 0 && !open->have_first) {
		drop = take_first(open, stream, jpeg, extended);
		if (drop != GW_DROP_NONE)
			return drop;
	} else if (jpeg->offset == 0 && extended < open->first) {
		/* Its beginning came in two sizes, and the other one was sent later. */
		open->first = extended;
		open->print = rtp_jpeg_print(jpeg);
	}
	drop = place(open, jpeg->offset, jpeg->data, jpeg->size);
	if (drop != GW_DROP_NONE && gw_drops[drop].unit == GW_FRAME)
		return drop;
	open->packets++;
	if (open->can_conceal && drop == GW_DROP_NONE)
		note_chunk(open, rtp, jpeg, extended);
	if (extended < open->low)
		open->low = extended;
	if (extended > open->high) {
		open->high = extended;
		open->high_end = jpeg->offset + jpeg->size;
	}
	if (rtp->marker) {
		open->have_last = true;
		open->last = extended;
	}
	if (open->have_last && open->last == extended && !open->have_size) {
		const enum gw_drop bad = set_size(open, jpeg->offset + jpeg->size);

		return bad != GW_DROP_NONE ? bad : drop;
	}
	return drop;
}

void open_frame_move(struct open_frame *open, struct gw_frame *larger)
{
	const struct gw_frame *small = open->frame;
	const uint8_t *from = open->data - open->header_size;

	larger->ssrc = small->ssrc;
	larger->rtp_timestamp = small->rtp_timestamp;
	larger->capture_ns = small->capture_ns;
	larger->clock = small->clock;
	larger->flags = small->flags;
	larger->width = small->width;
	larger->height = small->height;
	memcpy(larger->stamp, small->stamp, sizeof(larger->stamp));
	open->frame = larger;
	open->data = larger->jpeg.room + GW_JPEG_HEADROOM;
	open->limit = larger->jpeg.capacity - GW_JPEG_HEADROOM - TAIL;
	memcpy(open->data - open->header_size, from,
		open->header_size + coverage_end(&open->coverage));
	fragments_move(open, small);
}

void open_frame_ends_with(struct open_frame *open, uint64_t last)
{
	if (open->have_last || open->high > last)
		return;
	open->have_last = true;
	open->last = last;
	if (open->high == last && coverage_end(&open->coverage) == open->high_end)
		set_size(open, open->high_end);
}

/* Whether a number from the first packet to the last came for another picture: then the beginning
 * of one stands before the end of the other. Pictures whose timestamps do not tell them apart, and
 * whose packets came late, look whole like that. */
static bool has_another_within(const struct open_frame *open, const struct stream *stream)
{
	for (uint32_t i = 0; i < stream->open_count; i++) {
		const struct open_frame *other = stream->open[i];

		if (other != open && other->low <= open->last && other->high >= open->first)
			return true;
	}
	for (uint32_t i = 0; i < STREAM_CLOSED; i++) {
		const struct closed_picture *other = &stream->closed[i];

		if (other->used && other->epoch == stream->epoch && other->low <= open->last &&
			other->last >= open->first)
			return true;
	}
	return false;
}

bool open_frame_has_others(const struct open_frame *open)
{
	return (open->have_first && open->low < open->first) ||
		(open->have_last && open->high > open->last);
}

/* Numbers of packets that are of no use count as come: those have nothing to say. What is given up
 * does not, nor does what came before the numbers began anew. */
static bool has_hole(const struct open_frame *open, const struct stream *stream)
{
	const uint64_t numbers = open->last - open->first + 1;

	if (open_frame_has_others(open))
		return true;
	if (numbers == open->packets)
		return false;
	if (numbers > SEQUENCE_MAX_BACK)
		return true;
	for (uint64_t i = open->first; i <= open->last; i++)
		if (!sequence_has_come(&stream->sequence, i))
			return true;
	return has_another_within(open, stream);
}

bool open_frame_is_whole(const struct open_frame *open, const struct stream *stream)
{
	const struct coverage *coverage = &open->coverage;

	if (open->is_onvif)
		return open->have_first && open->have_last && open->last >= open->first &&
			!has_hole(open, stream);
	return open->have_size && open->have_first && open->last >= open->first &&
		coverage->count == 1 && coverage->span[0].begin == 0 &&
		coverage->span[0].end == open->size && !has_hole(open, stream);
}

/* Restart markers in the scan of a stream that announced none: the interval is counted. */
static enum gw_drop infer_interval(struct open_frame *open, const struct restart_picture *picture)
{
	const uint16_t interval = restart_interval_find(open->data, &open->scan, picture);

	if (interval == 0)
		return GW_DROP_BAD_RESTART;
	jpeg_header_add_interval(open->data - open->header_size, open->header_size, interval);
	open->header_size += JPEG_HEADER_INTERVAL;
	return GW_DROP_NONE;
}

/* The restart markers must be those that the header promises. */
static enum gw_drop judge_restarts(struct open_frame *open)
{
	struct jpeg_scan *scan = &open->scan;
	const struct restart_picture picture = {
		.width = open->frame->width,
		.height = open->frame->height,
		.subsampling = open->type & 1,
	};

	if (open->is_onvif && open->interval == 0) {
		/* Its Huffman tables may be any: nobody counts. */
		jpeg_scan_trim(scan, open->data);
		return scan->restarts > 0 ? GW_DROP_BAD_RESTART : GW_DROP_NONE;
	}
	if (open->interval == 0) {
		jpeg_scan_trim(scan, open->data);
		return scan->restarts > 0 ? infer_interval(open, &picture) : GW_DROP_NONE;
	}
	const uint32_t wanted = open->is_onvif ? (open->mcus - 1) / open->interval
					       : restart_interval_markers(&picture, open->interval);

	if (scan->restarts == wanted + 1)
		jpeg_scan_trim(scan, open->data);
	return scan->restarts == wanted && !scan->out_of_order ? GW_DROP_NONE : GW_DROP_BAD_RESTART;
}

void open_frame_end(struct gw_frame *frame)
{
	frame->jpeg.data[frame->jpeg.size] = 0xFF;
	frame->jpeg.data[frame->jpeg.size + 1] = MARKER_EOI;
	frame->jpeg.size += 2;
}

static bool agree(uint32_t configured, uint32_t true_size)
{
	return configured == 0 || ((configured + 7) & ~7u) == ((true_size + 7) & ~7u);
}

/* A whole JPEG file came: its own header says how large the picture is, whatever the packets say.
 */
static enum gw_drop finish_file(struct open_frame *open, const struct gw_camera_config *camera)
{
	struct gw_frame *frame = open->frame;
	uint8_t *data = open->data;
	uint32_t size = open->size;
	const int grown = jpeg_file_mend(data, size, &frame->width, &frame->height);

	if (grown < 0)
		return GW_DROP_DIMS_UNKNOWN;
	if (!agree(camera->width, frame->width) || !agree(camera->height, frame->height))
		return GW_DROP_DIMS_MISMATCH;
	frame->flags &= ~(uint32_t)GW_FLAG_CROPPED;
	if ((frame->width | frame->height) & 7)
		frame->flags |= GW_FLAG_CROPPED;
	/* Padding may follow EOI. Another one further up may belong to a thumbnail. */
	for (uint32_t i = size; i >= 2 && i + 64 > size; i--) {
		if (data[i - 2] == 0xFF && data[i - 1] == MARKER_EOI) {
			size = i - 2;
			break;
		}
	}
	frame->jpeg.data = data - grown;
	frame->jpeg.size = size + (uint32_t)grown;
	open_frame_end(frame);
	return GW_DROP_NONE;
}

enum gw_drop open_frame_finish(struct open_frame *open, const struct gw_camera_config *camera)
{
	struct gw_frame *frame = open->frame;

	if (open->is_file)
		return finish_file(open, camera);
	struct jpeg_scan *scan = &open->scan;
	enum gw_drop drop = open->is_onvif ? onvif_finish(open) : GW_DROP_NONE;

	if (drop != GW_DROP_NONE)
		return drop;
	jpeg_scan_look(scan, open->data, open->size);
	if (scan->size == 0)
		return GW_DROP_INCOMPLETE;
	drop = judge_restarts(open);

	if (drop != GW_DROP_NONE)
		return drop;
	frame->jpeg.data = open->data - open->header_size;
	frame->jpeg.size = open->header_size + scan->size;
	frame->jpeg.sound = open->header_sound && !scan->foreign;
	open_frame_end(frame);
	return GW_DROP_NONE;
}
