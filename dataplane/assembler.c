#include "dataplane/assembler.h"

#include <assert.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/pool.h"
#include "dataplane/open_frame.h"
#include "dataplane/picture_size.h"
#include "dataplane/session.h"

/* An open frame without news for so long has lost its packets. */
#define FRAME_TIMEOUT_NS (500 * GW_NS_PER_MS)

/* A complete frame waits for what is older and missing only so long, and only while that is so near
 * behind the newest packet. */
#define ORDER_TIMEOUT_NS (20 * GW_NS_PER_MS)
#define ORDER_DISTANCE 32

static_assert((int)GW_ADMIT_WAIT == (int)ASSEMBLER_WAIT, "passed through");

struct assembler {
	struct gw_pool *pool;
	bool lossless;
	bool stop_waiting;
	uint32_t open_count;
	uint32_t camera_count;
	struct stream streams[];
};

struct assembler *assembler_create(const struct assembler_setup *setup)
{
	struct assembler *assembler =
		calloc(1, sizeof(*assembler) + setup->camera_count * sizeof(struct stream));

	if (!assembler)
		return NULL;
	assembler->pool = setup->pool;
	assembler->lossless = setup->lossless;
	assembler->camera_count = setup->camera_count;
	for (uint32_t i = 0; i < setup->camera_count; i++) {
		struct stream *stream = &assembler->streams[i];

		stream->config = &setup->cameras[i];
		stream->camera = i;
		stream->stats = &setup->stats->camera[i];
		stream->sink_stats = &setup->sink_stats->camera[i];
		for (uint32_t k = 0; k < STREAM_OPEN_FRAMES; k++)
			stream->open[k] = &stream->open_room[k];
	}
	return assembler;
}

void assembler_destroy(struct assembler *assembler)
{
	if (!assembler)
		return;
	for (uint32_t i = 0; i < assembler->camera_count; i++) {
		struct stream *stream = &assembler->streams[i];

		for (uint32_t k = 0; k < stream->open_count; k++)
			gw_frame_unref(stream->open[k]->frame);
	}
	free(assembler);
}

/* Takes an open frame out of the list; late packets of it are dropped for `reason` from now on. */
static void close_picture(struct assembler *assembler, struct stream *stream,
	struct open_frame *open, enum gw_drop reason)
{
	const struct closed_picture picture = {
		.used = true,
		.have_last = open->have_last,
		.type_specific = open->type_specific,
		.timestamp = open->timestamp,
		.last = open->last,
		.reason = reason,
	};

	session_close_picture(stream, &picture);
	if (stream->open[0] == open && stream->open_count > 1) {
		stream->open[0] = stream->open[1];
		stream->open[1] = open;
	}
	stream->open_count--;
	assembler->open_count--;
}

static void drop_frame(struct assembler *assembler, struct stream *stream, struct open_frame *open,
	enum gw_drop why, enum gw_drop later)
{
	gw_count_drop(stream->stats, why);
	gw_frame_unref(open->frame);
	close_picture(assembler, stream, open, later);
}

static void pass_on(struct assembler *assembler, struct stream *stream, struct open_frame *open,
	struct assembler_done *done)
{
	struct gw_frame *frame = open->frame;

	if (open->high > stream->passed)
		stream->passed = open->high;
	frame->state = GW_FRAME_JPEG;
	frame->sequence = stream->admission.passed_on;
	gw_admission_passed_on(&stream->admission, frame);
	gw_counter_set(&stream->stats->last_frame, (uint64_t)frame->stamp[GW_STAMP_COMPLETE]);
	gw_counter_set(&stream->stats->size, (uint64_t)frame->width << 16 | frame->height);
	done->frames[done->count++] = frame;
	close_picture(assembler, stream, open, GW_DROP_LATE);
}

/* The packet right before the frame has not come: an older picture may still do so, small ones have
 * no other packet that would tell. */
static bool is_overtaking(const struct assembler *assembler, const struct stream *stream,
	const struct open_frame *open)
{
	const uint64_t before = open->low - 1;

	return !sequence_is_known(&stream->sequence, before) &&
		(assembler->lossless || stream->sequence.highest < before + ORDER_DISTANCE);
}

/* Passes on what is whole and has nothing older before it. */
static void pass_on_whole(
	struct assembler *assembler, struct stream *stream, struct assembler_done *done)
{
	while (stream->open_count > 0 && stream->open[0]->state == OPEN_WHOLE &&
		!is_overtaking(assembler, stream, stream->open[0]))
		pass_on(assembler, stream, stream->open[0], done);
}

static void close_oldest(
	struct assembler *assembler, struct stream *stream, struct assembler_done *done)
{
	struct open_frame *open = stream->open[0];

	if (open->state == OPEN_WHOLE)
		pass_on(assembler, stream, open, done);
	else
		drop_frame(assembler, stream, open, GW_DROP_INCOMPLETE, GW_DROP_LATE);
	pass_on_whole(assembler, stream, done);
}

/* A frame may have got its last packet. */
static void settle(struct assembler *assembler, struct stream *stream, struct open_frame *open,
	int64_t now, struct assembler_done *done)
{
	if (open->state != OPEN_FILLING || !open_frame_is_whole(open))
		return;
	const enum gw_drop drop = open_frame_finish(open, stream);

	if (drop != GW_DROP_NONE) {
		drop_frame(assembler, stream, open, drop, GW_DROP_FRAME_DAMAGED);
	} else {
		open->state = OPEN_WHOLE;
		open->frame->stamp[GW_STAMP_COMPLETE] = now;
		/* An older frame whose packets are far behind will not be completed any more. */
		if (open != stream->open[0] && !assembler->lossless &&
			stream->sequence.highest >= open->low + ORDER_DISTANCE)
			close_oldest(assembler, stream, done);
	}
	pass_on_whole(assembler, stream, done);
}

/* Puts the new frame into the list, which is in the order of sequence numbers. */
static struct open_frame *insert(struct stream *stream, uint64_t extended)
{
	struct open_frame *open = stream->open[stream->open_count];

	if (stream->open_count > 0 && extended < stream->open[0]->low) {
		stream->open[1] = stream->open[0];
		stream->open[0] = open;
	}
	stream->open_count++;
	return open;
}

/* A picture that is refused when it begins: its packets are told by its timestamp. */
static void refuse_picture(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended, enum gw_drop why)
{
	const struct closed_picture picture = {
		.used = true,
		.have_last = rtp->marker,
		.type_specific = jpeg->type_specific,
		.timestamp = rtp->timestamp,
		.last = extended,
		.reason = GW_DROP_FRAME_REFUSED,
	};

	session_close_picture(stream, &picture);
	gw_count_drop(stream->stats, why);
}

static enum gw_drop admit(struct assembler *assembler, struct stream *stream, uint16_t width,
	uint16_t height, struct gw_frame **frame)
{
	const struct gw_admission_rules rules = {
		.pool = assembler->pool,
		.camera = stream->camera,
		.quota = stream->config->quota,
		.through = gw_counter_get(&stream->sink_stats->frames_out),
		.lossless = assembler->lossless && !assembler->stop_waiting,
	};

	return gw_admit(&stream->admission, &rules, width, height, frame);
}

/* The packet belongs to no open frame: one begins. */
static enum gw_drop begin_frame(struct assembler *assembler, struct stream *stream,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, uint64_t extended,
	const struct arrival *arrival, struct open_frame **begun, struct assembler_done *done)
{
	struct gw_frame *frame = NULL;
	uint16_t width, height;
	uint32_t flags;

	if (stream->open_count == STREAM_OPEN_FRAMES) {
		if (extended < stream->open[0]->low)
			return GW_DROP_LATE;
		close_oldest(assembler, stream, done);
	}
	enum gw_drop drop = picture_size_find(stream->config, jpeg, &width, &height, &flags);

	if (drop == GW_DROP_NONE && (jpeg->type & RTP_JPEG_RESTART) && jpeg->restart_interval == 0)
		drop = GW_DROP_BAD_RESTART;
	if (drop == GW_DROP_NONE)
		drop = admit(assembler, stream, width, height, &frame);
	if (drop == GW_ADMIT_WAIT)
		return ASSEMBLER_WAIT;
	assembler->stop_waiting = false;
	gw_counter_add(&stream->stats->frames_in, 1);
	if (extended > stream->sequence.highest)
		session_begin_picture(stream, rtp->timestamp);
	if (drop != GW_DROP_NONE) {
		refuse_picture(stream, rtp, jpeg, extended, drop);
		return GW_DROP_FRAME_REFUSED;
	}
	frame->ssrc = rtp->ssrc;
	frame->rtp_timestamp = rtp->timestamp;
	frame->capture_ns = arrival->utc;
	frame->clock = arrival->clock;
	frame->flags = flags;
	frame->width = width;
	frame->height = height;
	frame->stamp[GW_STAMP_FIRST_PACKET] = arrival->now;
	*begun = insert(stream, extended);
	open_frame_begin(*begun, frame, rtp, jpeg, extended);
	if (*begun != stream->open[stream->open_count - 1] && stream->open[1]->have_first)
		open_frame_ends_with(*begun, stream->open[1]->first - 1);
	assembler->open_count++;
	return GW_DROP_NONE;
}

/* Where a picture begins, the one before it ends: some senders set no marker (or only after the
 * second field of an interlaced picture). */
static void end_older(struct assembler *assembler, struct stream *stream,
	const struct open_frame *open, int64_t now, struct assembler_done *done)
{
	struct open_frame *older = stream->open[0];

	if (stream->open_count < 2 || older == open || older->state != OPEN_FILLING)
		return;
	open_frame_ends_with(older, open->first - 1);
	settle(assembler, stream, older, now, done);
}

static void close_session(
	struct assembler *assembler, struct stream *stream, struct assembler_done *done)
{
	while (stream->open_count > 0)
		close_oldest(assembler, stream, done);
}

enum gw_drop assembler_put(struct assembler *assembler, uint32_t camera,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, const struct arrival *arrival,
	struct assembler_done *done)
{
	struct stream *stream = &assembler->streams[camera];
	struct open_frame *open;
	uint64_t extended;

	if (session_is_new(stream, rtp->ssrc)) {
		if (session_is_late(stream, rtp))
			return GW_DROP_LATE;
		close_session(assembler, stream, done);
		session_begin(stream, rtp);
	}
	stream->previous_stale = 0;
	enum gw_drop drop = session_admit(stream, rtp, jpeg, &extended, &open);

	if (drop == GW_DROP_NONE && !open)
		drop = begin_frame(assembler, stream, rtp, jpeg, extended, arrival, &open, done);
	if (drop == ASSEMBLER_WAIT || drop == GW_DROP_DUPLICATE)
		return drop;
	/* What was overtaken and comes too late to be of use stays missing: its loss shows. */
	if (drop != GW_DROP_LATE || extended > stream->sequence.highest)
		session_mark(stream, extended);
	if (drop != GW_DROP_NONE) {
		pass_on_whole(assembler, stream, done);
		return drop;
	}
	if (open->state == OPEN_WHOLE)
		return GW_DROP_DUPLICATE;
	drop = open_frame_add(open, stream, rtp, jpeg, extended);
	open->touched = arrival->now;
	if (drop != GW_DROP_NONE && gw_drops[drop].unit == GW_FRAME) {
		drop_frame(assembler, stream, open, drop, GW_DROP_FRAME_DAMAGED);
		pass_on_whole(assembler, stream, done);
		return drop == GW_DROP_TOO_LARGE || drop == GW_DROP_BEYOND_END
			? GW_DROP_BAD_OFFSET
			: GW_DROP_FRAME_DAMAGED;
	}
	if (open->have_first && open->first == extended)
		end_older(assembler, stream, open, arrival->now, done);
	settle(assembler, stream, open, arrival->now, done);
	return drop;
}

void assembler_expire(struct assembler *assembler, uint32_t camera, int64_t now, bool all,
	struct assembler_done *done)
{
	struct stream *stream = &assembler->streams[camera];

	while (stream->open_count > 0) {
		const struct open_frame *open = stream->open[0];

		if (open->state != OPEN_WHOLE && stream->open_count > 1)
			open = stream->open[1];
		const int64_t since = open->state == OPEN_WHOLE
			? open->frame->stamp[GW_STAMP_COMPLETE] + ORDER_TIMEOUT_NS
			: stream->open[0]->touched + FRAME_TIMEOUT_NS;

		if (!all && (assembler->lossless || now < since))
			return;
		close_oldest(assembler, stream, done);
	}
	if (all)
		gw_counter_add(&stream->stats->events[GW_EVENT_SEQUENCE_GAP],
			sequence_flush(&stream->sequence));
}

uint32_t assembler_open_count(const struct assembler *assembler)
{
	return assembler->open_count;
}

void assembler_stop_waiting(struct assembler *assembler)
{
	assembler->stop_waiting = true;
}
