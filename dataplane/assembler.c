#include "dataplane/assembler.h"

#include <assert.h>
#include <stdlib.h>

#include "core/pool.h"
#include "dataplane/onvif.h"
#include "dataplane/open_frame.h"
#include "dataplane/open_list.h"
#include "dataplane/picture_size.h"
#include "dataplane/reports.h"
#include "dataplane/session.h"
#include "dataplane/sessions.h"

/* Pixels in each direction of a picture that has not yet said how large it is. */
#define LEAST_SIZE 8

/* How much of the place for a fragment is fetched: the processor sees where that leads to. */
#define ROOM_AHEAD 512

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static_assert((int)GW_ADMIT_WAIT == (int)ASSEMBLER_WAIT, "passed through");

struct assembler {
	struct gw_pool *pool;
	struct gw_lane_stats *stats;
	bool stop_waiting;
	struct open_list open;
	/* By camera: of the session that made its last picture. NULL: it is not here. */
	struct stream *streams[GW_CAMERAS];
};

struct assembler *assembler_create(const struct assembler_setup *setup)
{
	struct assembler *assembler = calloc(1, sizeof(*assembler));

	if (!assembler)
		return NULL;
	assembler->pool = setup->pool;
	assembler->stats = setup->stats;
	assembler->open.lossless = setup->lossless;
	return assembler;
}

void assembler_destroy(struct assembler *assembler)
{
	if (!assembler)
		return;
	open_list_release(&assembler->open);
	free(assembler);
}

void assembler_attach(struct assembler *assembler, struct stream *stream)
{
	const uint32_t camera = stream->version->id;

	stream->stats = stream->other->stats = &assembler->stats->camera[camera];
	assembler->streams[camera] = stream;
}

/* A session that has a whole picture and is not the camera's takes the camera over, or waits until
 * that is silent. */
static void dispute(struct assembler *assembler, struct stream *stream, int64_t now)
{
	const struct stream *camera = stream->other;

	if (!sessions_may_take_over(stream, stream->arrival)) {
		stream->held_until =
			now + camera->arrival + session_longest_silence(camera) - stream->arrival;
		return;
	}
	sessions_take_over(stream);
	assembler->streams[stream->version->id] = stream;
}

static bool has_held(const struct stream *stream)
{
	return stream->is_candidate && stream->open_count > 0 &&
		stream->open[0]->state == OPEN_WHOLE && !stream->open[0]->is_left_over;
}

/* A frame may have got its last packet. */
static void settle(struct assembler *assembler, struct stream *stream, struct open_frame *open,
	int64_t now, struct assembler_done *done)
{
	if (open->state != OPEN_FILLING || !open_frame_is_whole(open, stream))
		return;
	const enum gw_drop drop = open_frame_finish(open, stream->config);

	if (drop != GW_DROP_NONE) {
		open_list_drop(&assembler->open, stream, open, drop, GW_DROP_FRAME_DAMAGED);
	} else {
		open->state = OPEN_WHOLE;
		open->frame->stamp[GW_STAMP_COMPLETE] = now;
		stream->has_made_pictures = true;
		if (!stream->is_candidate && stream->camera_since == 0)
			stream->camera_since = stream->arrival;
		if (stream->is_candidate && !open->is_left_over)
			dispute(assembler, stream, now);
		open_list_overtake(&assembler->open, stream, open, done);
	}
	open_list_pass_on(&assembler->open, stream, done);
}

/* A picture that is refused when it begins: its packets are told by its timestamp. */
static void refuse_picture(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended, enum gw_drop why)
{
	const struct closed_picture picture = {
		.low = extended,
		.have_last = rtp->marker,
		.last = extended,
		.have_first = jpeg->offset == 0,
		.first = extended,
		.print = rtp_jpeg_print(jpeg),
		.type_specific = jpeg->type_specific,
		.reason = GW_DROP_FRAME_REFUSED,
	};

	session_close_picture(stream, &picture, rtp->timestamp);
	gw_count_drop(stream->stats, why);
}

/* Open frames hold all slots, those that nothing may be lost of are closed by no clock, and another
 * session begins a picture: its own older frame is given up for it, or one of the session that has
 * stopped. Slots for that are not set aside: small gateways could not have them. */
static bool give_up_for(struct assembler *assembler, struct stream *candidate, uint64_t extended,
	struct assembler_done *done)
{
	const bool has_older = candidate->open_count > 0 && candidate->open[0]->low < extended;
	struct stream *from = has_older ? candidate : candidate->other;

	if (!candidate->is_candidate || !assembler->stop_waiting || from->open_count == 0)
		return false;
	open_list_close_oldest(&assembler->open, from, done);
	return true;
}

/* Takes a slot; what has been kept for another session, which may never make a picture, does not
 * stand in the way. */
static enum gw_drop admit(struct assembler *assembler, struct stream *stream, uint64_t extended,
	uint16_t width, uint16_t height, struct gw_frame **frame, struct assembler_done *done)
{
	struct gw_admission_rules rules = {
		.pool = assembler->pool,
		.camera = stream->version,
		.through = gw_counter_get(&stream->slot->through),
		.lossless = assembler->open.lossless && !assembler->stop_waiting,
		.yields = stream->is_candidate && stream->other->has_made_pictures,
	};

	const enum gw_drop drop = gw_admit(&stream->slot->admission, &rules, width, height, frame);

	if (drop == GW_DROP_NO_SLOT && give_up_for(assembler, stream, extended, done)) {
		/* What was given up may be whole and on its way now. */
		assembler->stop_waiting = false;
		rules.lossless = assembler->open.lossless;
		return gw_admit(&stream->slot->admission, &rules, width, height, frame);
	}
	if (drop == GW_DROP_NONE || stream->is_candidate || stream->other->open_count == 0)
		return drop;
	open_list_close_all(&assembler->open, stream->other, done);
	return gw_admit(&stream->slot->admission, &rules, width, height, frame);
}

/* Only the packet with offset 0 is believed about the size: until it comes, the picture is as large
 * as the one before. */
static enum gw_drop find_size(const struct stream *stream, const struct rtp_jpeg *jpeg,
	uint16_t *width, uint16_t *height, uint32_t *flags)
{
	enum gw_drop drop = GW_DROP_DIMS_UNKNOWN;

	*flags = 0;
	if (onvif_find_size(stream, jpeg, width, height))
		return GW_DROP_NONE;
	if (jpeg->offset == 0 || stream->width == 0)
		drop = picture_size_find(stream->config, jpeg, width, height, flags);
	if (jpeg->offset == 0 && !(drop == GW_DROP_DIMS_UNKNOWN && rtp_jpeg_is_file(jpeg)))
		return drop;
	if (stream->width == 0 && jpeg->offset > 0)
		return drop;
	/* A file whose header is longer than the packet: its slot may have to grow. */
	*width = stream->width > 0 ? stream->width : LEAST_SIZE;
	*height = stream->width > 0 ? stream->height : LEAST_SIZE;
	*flags = 0;
	return GW_DROP_NONE;
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
		open_list_close_oldest(&assembler->open, stream, done);
	}
	enum gw_drop drop = find_size(stream, jpeg, &width, &height, &flags);

	if (drop == GW_DROP_NONE)
		drop = admit(assembler, stream, extended, width, height, &frame, done);
	if (drop == GW_ADMIT_WAIT)
		return ASSEMBLER_WAIT;
	assembler->stop_waiting = false;
	gw_counter_add(&stream->stats->frames_in, 1);
	if (extended > stream->sequence.highest)
		session_begin_picture(stream, rtp->timestamp, arrival->now);
	if (drop != GW_DROP_NONE) {
		refuse_picture(stream, rtp, jpeg, extended, drop);
		return GW_DROP_FRAME_REFUSED;
	}
	frame->ssrc = rtp->ssrc;
	frame->rtp_timestamp = rtp->timestamp;
	reports_set_capture_time(stream, rtp, arrival, frame);
	frame->flags = flags;
	frame->width = width;
	frame->height = height;
	frame->stamp[GW_STAMP_FIRST_PACKET] = arrival->now;
	*begun = open_list_insert(&assembler->open, stream, extended);
	open_frame_begin(*begun, frame, rtp, jpeg, extended);
	(*begun)->is_onvif |= stream->is_onvif;
	(*begun)->can_conceal &= !(*begun)->is_onvif;
	if (*begun != stream->open[stream->open_count - 1] && stream->open[1]->have_first)
		open_frame_ends_with(*begun, stream->open[1]->first - 1);
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

void assembler_fetch(const struct assembler *assembler, uint32_t camera)
{
	const struct stream *stream = assembler->streams[camera];

	if (!stream)
		return;
	stream_fetch(stream);
	__builtin_prefetch(stream->stats, 1);
}

void assembler_fetch_room(const struct assembler *assembler, uint32_t camera, uint32_t size)
{
	const struct stream *stream = assembler->streams[camera];

	if (!stream || stream->open_count == 0)
		return;
	const struct open_frame *open = stream->open[stream->open_count - 1];

	for (uint32_t i = 0; i < size && i < ROOM_AHEAD; i += 64)
		__builtin_prefetch(open->data + open->scan.seen + i, 1);
}

enum gw_drop assembler_judge_type(struct assembler *assembler, uint32_t camera,
	const struct rtp_packet *rtp, const struct arrival *arrival)
{
	struct stream *stream = assembler->streams[camera];

	if (!stream)
		return GW_DROP_NO_CAMERA;
	if (stream->payload_type == rtp->payload_type) {
		stream->other_types = 0;
		return GW_DROP_NONE;
	}
	if (!rtp_type_may_be_jpeg(rtp->payload_type))
		return GW_DROP_RTP_PAYLOAD;
	return stream->payload_type == 0 ? GW_DROP_NONE
					 : session_judge_type(stream, rtp, arrival_when(arrival));
}

/* Noise and quality 100 need more than pictures of that size do: the frame moves into a larger
 * slot. Only for what goes on where the frame ends so far: an offset that points anywhere costs
 * nothing. */
static bool grow(struct assembler *assembler, struct open_frame *open, const struct rtp_jpeg *jpeg)
{
	struct gw_frame *larger, *small = open->frame;

	if (!open->is_onvif && jpeg->offset > coverage_end(&open->coverage))
		return false;
	larger = gw_pool_get_larger(assembler->pool, small);
	if (!larger)
		return false;
	open_frame_move(open, larger);
	small->jpeg.size = coverage_end(&open->coverage);
	gw_frame_unref(small);
	return true;
}

/* Whether a packet that belongs to no open picture is none. One whose turn is later may have come
 * too early, if it looks like RTP/JPEG and the camera sends that. */
static bool is_doubtful(const struct stream *stream, const struct rtp_jpeg *jpeg)
{
	if (jpeg->doubt != GW_DROP_BAD_Q)
		return jpeg->doubt != GW_DROP_NONE;
	if (jpeg->q == 0 && (stream->is_onvif || jpeg->part != RTP_JPEG_BY_OFFSET))
		return false;
	return jpeg->offset == 0 || !stream->has_made_pictures;
}

enum gw_drop assembler_put(struct assembler *assembler, uint32_t camera,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, const struct arrival *arrival,
	struct assembler_done *done)
{
	const int64_t when = arrival_when(arrival);
	struct stream *stream = assembler->streams[camera];
	struct open_frame *open;
	uint64_t extended;

	if (session_is_new(stream, rtp->ssrc)) {
		if (session_is_new(stream->other, rtp->ssrc) && is_doubtful(stream, jpeg))
			return jpeg->doubt;
		stream = sessions_find(stream, rtp, jpeg, when, &assembler->open, done);
		if (!stream)
			return GW_DROP_RTP_STRAY;
	}
	stream->arrival = when;
	if (UNLIKELY(has_held(stream))) {
		dispute(assembler, stream, arrival->now);
		open_list_pass_on(&assembler->open, stream, done);
	}
	enum gw_drop drop = session_admit(stream, rtp, jpeg, &extended, &open);

	if (drop == GW_DROP_NONE && !open && is_doubtful(stream, jpeg)) {
		session_note(stream, rtp->sequence);
		open_list_pass_on(&assembler->open, stream, done);
		return jpeg->doubt;
	}
	if (drop == GW_DROP_NONE && !open)
		drop = begin_frame(assembler, stream, rtp, jpeg, extended, arrival, &open, done);
	if (drop == ASSEMBLER_WAIT || drop == GW_DROP_DUPLICATE)
		return drop;
	/* What was overtaken and comes too late to be of use stays missing: its loss shows. */
	if (drop != GW_DROP_LATE || extended > stream->sequence.highest)
		session_mark(stream, extended);
	if (drop != GW_DROP_NONE) {
		open_list_pass_on(&assembler->open, stream, done);
		return drop;
	}
	if (open->state == OPEN_WHOLE)
		return GW_DROP_DUPLICATE;
	drop = open_frame_add(open, stream, rtp, jpeg, extended);
	if (drop == GW_DROP_TOO_LARGE && grow(assembler, open, jpeg))
		drop = open_frame_add(open, stream, rtp, jpeg, extended);
	open->touched = arrival->now;
	if (drop != GW_DROP_NONE && gw_drops[drop].unit == GW_FRAME) {
		open_list_drop(&assembler->open, stream, open, drop, GW_DROP_FRAME_DAMAGED);
		open_list_pass_on(&assembler->open, stream, done);
		return drop == GW_DROP_TOO_LARGE || drop == GW_DROP_BEYOND_END
			? GW_DROP_BAD_OFFSET
			: GW_DROP_FRAME_DAMAGED;
	}
	if (open->have_first && open->first == extended)
		end_older(assembler, stream, open, arrival->now, done);
	settle(assembler, stream, open, arrival->now, done);
	return drop;
}

enum gw_drop assembler_report(struct assembler *assembler, uint32_t camera, const struct rtcp *rtcp,
	const struct packet *packet, const struct arrival *arrival)
{
	struct stream *stream = assembler->streams[camera];

	return stream ? reports_take(stream, rtcp, packet, arrival) : GW_DROP_NO_CAMERA;
}

struct secure *assembler_secure(const struct assembler *assembler, uint32_t camera)
{
	const struct stream *stream = assembler->streams[camera];

	return stream ? stream->secure : NULL;
}

const struct stream *assembler_session(const struct assembler *assembler, uint32_t camera)
{
	return assembler->streams[camera];
}

void assembler_note(struct assembler *assembler, uint32_t camera, const struct rtp_packet *rtp,
	struct assembler_done *done)
{
	struct stream *stream = assembler->streams[camera];

	if (!stream)
		return;
	if (session_is_new(stream, rtp->ssrc))
		stream = stream->other;
	if (session_is_new(stream, rtp->ssrc))
		return;
	if (stream->payload_type == 0 || stream->payload_type == rtp->payload_type)
		session_note(stream, rtp->sequence);
	else
		session_note_other(stream, rtp->sequence);
	open_list_pass_on(&assembler->open, stream, done);
}

/* What is held goes on when the camera's session has been silent for long enough since. */
static void end_silence(struct assembler *assembler, struct stream *stream, int64_t now, bool all,
	void (*give)(void *arg, const struct assembler_done *done), void *arg)
{
	struct gw_frame *frames[ASSEMBLER_MAX_DONE];
	struct assembler_done done = {.frames = frames};

	if (!has_held(stream) || stream->other->arrival > stream->arrival ||
		(now < stream->held_until && !(all && assembler->open.lossless)))
		return;
	sessions_take_over(stream);
	assembler->streams[stream->version->id] = stream;
	open_list_pass_on(&assembler->open, stream, &done);
	if (done.count > 0)
		give(arg, &done);
}

void assembler_expire(struct assembler *assembler, int64_t now, bool all,
	void (*give)(void *arg, const struct assembler_done *done), void *arg)
{
	for (struct stream *stream = assembler->open.first, *next; stream; stream = next) {
		next = stream->open_next;
		if (all || !assembler->open.lossless)
			end_silence(assembler, stream, now, all, give, arg);
	}
	open_list_expire(&assembler->open, now, all, give, arg);
	for (uint32_t i = 0; all && i < GW_CAMERAS; i++)
		if (assembler->streams[i])
			session_flush(assembler->streams[i]);
}

void assembler_detach(
	struct assembler *assembler, struct stream *stream, struct assembler_done *done)
{
	open_list_detach(&assembler->open, stream->other, done);
	session_flush(stream->other);
	open_list_detach(&assembler->open, stream, done);
	session_flush(stream);
	assembler->streams[stream->version->id] = NULL;
}

uint32_t assembler_open_count(const struct assembler *assembler)
{
	return (uint32_t)gw_counter_get(&assembler->open.count);
}

void assembler_stop_waiting(struct assembler *assembler)
{
	assembler->stop_waiting = true;
}
