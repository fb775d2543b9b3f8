#include "dataplane/session.h"

#include <string.h>

#include "core/clock.h"
#include "dataplane/onvif.h"
#include "dataplane/reports.h"

/* Another path, or another VLAN, takes a second at most. What is repeated later comes from a camera
 * that begins anew, even when it sends the very same pictures. */
#define LATEST_COPY_NS (2 * GW_NS_PER_S)

/* After so many packets in a row of another payload type than the camera's, one of them may begin a
 * picture. */
#define OTHER_TYPES_LIMIT 256

/* How far from the newest number one of another payload type may be. */
#define OTHERS_NEAR 32

/* A session is believed to be over after this at the latest, and after so many of its times between
 * two pictures, in halves; or in halves while somebody else claims to be the camera. */
#define MOST_SILENCE_NS (2 * GW_NS_PER_S)
#define SILENT_HALVES 3
#define CONTESTED_HALVES 12

/* Pictures in a row, with none of the stream as it was between them, that nobody knows and that are
 * older than it: the camera began anew. */
#define STALE_PICTURES 2

/* RTP/JPEG clocks run at 90 kHz: ten seconds without a picture are a jump. */
#define MAX_TIMESTAMP_STEP (10 * 90000)

/* The pace of a camera is taken over a second, or over a tenth at least. */
#define PACE_TICKS 90000u
#define LEAST_PACE_TICKS 9000u

/* Two minutes without a packet may be a loss that can be estimated. */
#define MAX_LOSS_TICKS (120 * 90000u)

/* RTP timestamps wrap: newer means less than half a round ahead. */
static bool timestamp_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static struct closed_picture *closed_at(struct stream *stream, uint32_t back)
{
	return &stream->closed[(stream->closed_next - back) % STREAM_CLOSED];
}

/* Those that may still be met: not too old, and of this session or of what was before its numbers
 * began anew. */
static bool is_remembered(const struct stream *stream, const struct closed_picture *closed)
{
	return closed->used && stream->epoch - closed->epoch <= 1 &&
		stream->arrival - closed->when <= LATEST_COPY_NS;
}

/* Odd and even field of one picture (RFC 2435, 4.1). Where other values differ between packets,
 * only the first one of a picture means it. */
static bool are_two_fields(uint8_t a, uint8_t b)
{
	return (a == 1 && b == 2) || (a == 2 && b == 1);
}

/* Finds the picture that is over and that the packet says it belongs to; numbers are compared as
 * they are sent, so that it is found across restarts. The newest one if there are more. */
static struct closed_picture *find_closed(
	struct stream *stream, const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg)
{
	for (uint32_t back = 1; back <= STREAM_CLOSED; back++) {
		const uint32_t index = (stream->closed_next - back) % STREAM_CLOSED;

		if (stream->closed_timestamp[index] != rtp->timestamp)
			continue;
		struct closed_picture *closed = &stream->closed[index];

		if (is_remembered(stream, closed) && closed->ssrc == rtp->ssrc &&
			!are_two_fields(closed->type_specific, jpeg->type_specific) &&
			!(closed->have_last &&
				(int16_t)(rtp->sequence - (uint16_t)closed->last) > 0))
			return closed;
	}
	return NULL;
}

/* Whether the packet was not sent for that picture, although it says so: it begins another one. */
static bool is_another(const struct closed_picture *closed, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg)
{
	return jpeg->offset == 0 && closed->have_first &&
		((uint16_t)closed->first != rtp->sequence || closed->print != rtp_jpeg_print(jpeg));
}

int64_t session_longest_silence(const struct stream *stream)
{
	const struct closed_picture *last[3];

	for (uint32_t back = 1; back <= 3; back++) {
		last[back - 1] = &stream->closed[(stream->closed_next - back) % STREAM_CLOSED];
		if (!last[back - 1]->used || last[back - 1]->ssrc != stream->ssrc)
			return 0;
	}
	const int64_t one = last[0]->when - last[1]->when, before = last[1]->when - last[2]->when;
	const int64_t silence = (one > before ? one : before) / 2 *
		(stream->is_contested ? CONTESTED_HALVES : SILENT_HALVES);

	return silence < MOST_SILENCE_NS ? silence : MOST_SILENCE_NS;
}

enum gw_drop session_judge_type(struct stream *stream, const struct rtp_packet *rtp, int64_t when)
{
	struct rtp_jpeg jpeg;

	if (stream->config->payload_type)
		return GW_DROP_RTP_PAYLOAD;
	if (stream->other_types++ == 0)
		stream->other_types_since = stream->arrival;
	if (stream->other_types < OTHER_TYPES_LIMIT ||
		when < stream->other_types_since + session_longest_silence(stream) ||
		onvif_parse_any(rtp, &jpeg) != GW_DROP_NONE || jpeg.offset != 0)
		return GW_DROP_RTP_PAYLOAD;
	stream_set_payload_type(stream, 0);
	stream->other_types = 0;
	return GW_DROP_NONE;
}

void session_notice(struct stream *stream, enum gw_event event, uint32_t times)
{
	if (!stream->is_candidate)
		gw_counter_add(&stream->stats->events[event], times);
}

static void give_up(struct stream *stream, uint32_t packets)
{
	if (packets == 0)
		return;
	reception_give_up(&stream->reception, packets);
	session_notice(stream, GW_EVENT_SEQUENCE_GAP, packets);
}

void session_flush(struct stream *stream)
{
	give_up(stream, sequence_flush(&stream->sequence));
}

void session_begin(struct stream *stream, const struct rtp_packet *rtp)
{
	if (stream->started) {
		session_flush(stream);
		for (uint32_t i = 0; i < 256 - RTP_JPEG_Q_TABLES; i++)
			stream->tables[i].count = 0;
	}
	stream->started = true;
	stream->has_made_pictures = false;
	stream->is_contested = false;
	stream->camera_since = 0;
	stream->others_ahead = 0;
	stream->is_onvif = false;
	stream->tables_vary = false;
	stream->kept_q = 0;
	stream->parts = (struct jpeg_parts){0};
	stream->began = stream->rhythm[0] = stream->rhythm[1] = 0;
	stream->width = 0;
	stream->height = 0;
	stream->epoch++;
	stream->ssrc = rtp->ssrc;
	stream->stale = 0;
	stream->newest_timestamp = rtp->timestamp;
	sequence_restart(&stream->sequence, rtp->sequence);
	reception_begin(&stream->reception, &stream->sequence);
	reports_begin(stream);
	stream->pace_ticks = 0;
	stream->pace_number = stream->sequence.highest;
	stream->pace_timestamp = rtp->timestamp;
}

/* Whether the packet with offset 0 holds what is known of the picture's beginning. */
static bool begins_as(const struct open_frame *open, const struct rtp_jpeg *jpeg)
{
	const uint32_t known = open->coverage.span[0].end;

	return open->coverage.count == 0 || open->coverage.span[0].begin > 0 ||
		memcmp(open->data, jpeg->data, jpeg->size < known ? jpeg->size : known) == 0;
}

struct open_frame *session_find_open(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	for (uint32_t i = 0; i < stream->open_count; i++) {
		struct open_frame *open = stream->open[i];

		if (open->timestamp != rtp->timestamp || open->payload_type != rtp->payload_type ||
			are_two_fields(open->type_specific, jpeg->type_specific))
			continue;
		/* Beyond the last packet: another picture under the same timestamp. */
		if (open->have_last && extended > open->last)
			continue;
		/* Before the first: of the one before. */
		if (open->have_first && extended < open->first && jpeg->offset != 0 &&
			open->state == OPEN_FILLING)
			continue;
		/* Another beginning, although no marker came: a second field, or a sender whose
		 * pictures have the same timestamp. */
		if (jpeg->offset == 0 && open->have_first && extended != open->first &&
			(open->is_onvif || !begins_as(open, jpeg)))
			continue;
		return open;
	}
	return NULL;
}

/* Whether the stream has a place for the packet among the pictures that are over: older numbers
 * have older timestamps there, newer ones newer. So it is of a picture that was lost as a whole. */
static bool has_a_place(struct stream *stream, const struct rtp_packet *rtp, uint64_t extended)
{
	bool is_newer_than_some = false;

	for (uint32_t back = 1; back <= STREAM_CLOSED; back++) {
		const struct closed_picture *closed = closed_at(stream, back);
		const uint32_t timestamp =
			stream->closed_timestamp[(stream->closed_next - back) % STREAM_CLOSED];

		if (!closed->used || closed->epoch != stream->epoch)
			continue;
		if (closed->last < extended) {
			if (timestamp_newer(timestamp, rtp->timestamp))
				return false;
			is_newer_than_some = true;
		} else if (closed->low > extended) {
			if (timestamp_newer(rtp->timestamp, timestamp))
				return false;
		} else {
			return false;
		}
	}
	return is_newer_than_some;
}

/* An old number and a picture that nobody knows: did the camera begin anew? A newer timestamp says
 * so at once; otherwise it may be a copy that is very late, and another such picture decides. */
static bool has_restarted(struct stream *stream, const struct rtp_packet *rtp)
{
	if (timestamp_newer(rtp->timestamp, stream->newest_timestamp))
		return true;
	if (stream->stale > 0 && rtp->timestamp == stream->stale_timestamp)
		return false;
	stream->stale_timestamp = rtp->timestamp;
	return ++stream->stale >= STALE_PICTURES;
}

/* Counts the numbers from here on, from that time on. */
static void begin_pace(struct stream *stream, uint32_t timestamp)
{
	stream->pace_number = stream->sequence.highest;
	stream->pace_timestamp = timestamp;
}

/* How many packets the camera should have sent since the newest picture, by its clock and its pace;
 * 0: nobody knows. */
static uint64_t packets_since(const struct stream *stream, uint32_t timestamp)
{
	const uint32_t ticks = timestamp - stream->newest_timestamp;
	uint64_t packets = stream->pace_packets;
	uint64_t during = stream->pace_ticks;

	if (during == 0) {
		packets = stream->sequence.highest - stream->pace_number;
		during = stream->newest_timestamp - stream->pace_timestamp;
	}
	if (ticks > MAX_LOSS_TICKS || during < LEAST_PACE_TICKS || during > MAX_LOSS_TICKS)
		return 0;
	return packets * ticks / during;
}

/* Numbers that jumped by as much as the clock says were lost on their way, if need be in more
 * rounds of 16 bits than one. False when that does not explain them. */
static bool skip_lost(struct stream *stream, const struct rtp_packet *rtp, uint64_t *extended)
{
	const uint64_t expected = packets_since(stream, rtp->timestamp);
	uint64_t gap = (uint16_t)(rtp->sequence - (uint16_t)stream->sequence.highest);

	if (expected == 0)
		return false;
	if (expected > gap)
		gap += (expected - gap + 0x8000) & ~UINT64_C(0xFFFF);
	if (gap < SEQUENCE_MAX_AHEAD || gap < expected / 2 || gap > expected * 2)
		return false;
	*extended = stream->sequence.highest + gap;
	stream->others_ahead = 0;
	give_up(stream, sequence_skip(&stream->sequence, *extended));
	begin_pace(stream, rtp->timestamp);
	return true;
}

static void restart(struct stream *stream, const struct rtp_packet *rtp, uint64_t *extended)
{
	session_notice(stream, GW_EVENT_SEQUENCE_RESTART, 1);
	session_flush(stream);
	stream->others_ahead = 0;
	sequence_restart(&stream->sequence, rtp->sequence);
	reception_begin(&stream->reception, &stream->sequence);
	begin_pace(stream, rtp->timestamp);
	stream->epoch++;
	stream->stale = 0;
	*extended = stream->sequence.highest + 1;
}

/* Where a picture that is over ends may be told by a packet that still comes. */
static void note_last(const struct stream *stream, struct closed_picture *closed,
	const struct rtp_packet *rtp, uint64_t extended)
{
	if (!rtp->marker || closed->have_last || closed->epoch != stream->epoch)
		return;
	closed->have_last = true;
	closed->last = extended;
}

/* A packet that is not newer than those that came, or far from them, of a picture that is not open.
 */
static enum gw_drop judge_old(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, enum sequence_verdict verdict, uint64_t *extended)
{
	const bool is_ahead = *extended > stream->sequence.highest;
	struct closed_picture *closed = find_closed(stream, rtp, jpeg);

	if (closed && !is_another(closed, rtp, jpeg)) {
		note_last(stream, closed, rtp, *extended);
		return verdict == SEQUENCE_BEHIND ? closed->reason : GW_DROP_DUPLICATE;
	}
	if (!closed && verdict == SEQUENCE_BEHIND && *extended > stream->passed)
		return GW_DROP_NONE;
	if (!closed && !is_ahead &&
		(has_a_place(stream, rtp, *extended) || !has_restarted(stream, rtp)))
		return verdict == SEQUENCE_SEEN ? GW_DROP_DUPLICATE : GW_DROP_LATE;
	if (closed || !skip_lost(stream, rtp, extended))
		restart(stream, rtp, extended);
	return GW_DROP_NONE;
}

/* Whether all that was seen under that number was of no use. */
static bool was_only_noted(const struct stream *stream, uint64_t extended)
{
	for (uint32_t i = 0; i < STREAM_NOTED; i++)
		if (stream->noted[i] == extended)
			return true;
	return false;
}

static void forget_noted(struct stream *stream, uint64_t extended)
{
	for (uint32_t i = 0; i < STREAM_NOTED; i++)
		if (stream->noted[i] == extended)
			stream->noted[i] = 0;
}

enum gw_drop session_admit(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t *extended, struct open_frame **open)
{
	enum sequence_verdict verdict = sequence_check(&stream->sequence, rtp->sequence, extended);

	if (verdict == SEQUENCE_SEEN && was_only_noted(stream, *extended))
		verdict = SEQUENCE_BEHIND;
	*open = verdict == SEQUENCE_FAR ? NULL : session_find_open(stream, rtp, jpeg, *extended);
	if (verdict == SEQUENCE_AHEAD)
		stream->stale = 0;
	if (*open)
		return verdict == SEQUENCE_SEEN ? GW_DROP_DUPLICATE : GW_DROP_NONE;
	if (verdict != SEQUENCE_AHEAD)
		return judge_old(stream, rtp, jpeg, verdict, extended);
	struct closed_picture *closed = find_closed(stream, rtp, jpeg);

	if (!closed)
		return GW_DROP_NONE;
	/* A copy from before the restart, or the same numbers and times once more. */
	if (closed->epoch != stream->epoch)
		return is_another(closed, rtp, jpeg) ? GW_DROP_NONE : GW_DROP_DUPLICATE;
	/* No packet of it can be newer and stand before them: another picture begins, and its
	 * timestamp is the same. */
	if (jpeg->offset == 0)
		return GW_DROP_NONE;
	note_last(stream, closed, rtp, *extended);
	return closed->reason;
}

static void note(struct stream *stream, uint64_t extended)
{
	stream->noted[stream->noted_next++ % STREAM_NOTED] = extended;
}

/* Packets of other types stood before the one that is the newest now. */
static __attribute__((cold, noinline)) void pass_others(struct stream *stream, uint64_t newest)
{
	const uint64_t first = stream->sequence.highest + 1;
	const uint64_t steps = newest + 1 - first;
	const uint32_t others = stream->others_ahead;

	stream->others_ahead = steps < OTHERS_NEAR ? others >> steps : 0;
	for (uint32_t i = 0; i < OTHERS_NEAR && first + i < newest; i++) {
		if (others >> i & 1) {
			give_up(stream, sequence_mark(&stream->sequence, first + i));
			note(stream, first + i);
		}
	}
}

void session_mark(struct stream *stream, uint64_t extended)
{
	if (stream->others_ahead && extended > stream->sequence.highest)
		pass_others(stream, extended);
	/* Not before: a packet that has to wait is judged again. */
	if (extended <= stream->sequence.highest)
		forget_noted(stream, extended);
	if (extended < stream->sequence.highest)
		session_notice(stream, GW_EVENT_REORDERED, 1);
	give_up(stream, sequence_mark(&stream->sequence, extended));
}

void session_note(struct stream *stream, uint16_t number)
{
	uint64_t extended;
	const enum sequence_verdict verdict = sequence_check(&stream->sequence, number, &extended);

	if (verdict != SEQUENCE_AHEAD && verdict != SEQUENCE_BEHIND)
		return;
	session_mark(stream, extended);
	note(stream, extended);
}

void session_note_other(struct stream *stream, uint16_t number)
{
	const struct sequence *sequence = &stream->sequence;
	uint64_t extended;

	switch (sequence_check(sequence, number, &extended)) {
	case SEQUENCE_AHEAD:
		if (extended - sequence->highest <= OTHERS_NEAR)
			stream->others_ahead |= 1u << (extended - sequence->highest - 1);
		return;
	case SEQUENCE_BEHIND:
		if (extended + OTHERS_NEAR > sequence->highest && extended >= sequence->first)
			session_note(stream, number);
		return;
	default:
		return;
	}
}

/* Packets per tick of the RTP clock, over the last second or what there is of one. */
static void measure_pace(struct stream *stream, uint32_t timestamp)
{
	const uint32_t ticks = timestamp - stream->pace_timestamp;

	if (ticks >= PACE_TICKS) {
		if (ticks < MAX_TIMESTAMP_STEP) {
			stream->pace_packets =
				(uint32_t)(stream->sequence.highest - stream->pace_number);
			stream->pace_ticks = ticks;
		}
		stream->pace_number = stream->sequence.highest;
		stream->pace_timestamp = timestamp;
	}
}

void session_begin_picture(struct stream *stream, uint32_t timestamp, int64_t now)
{
	const int32_t step = (int32_t)(timestamp - stream->newest_timestamp);

	measure_pace(stream, timestamp);
	if (stream->began > 0) {
		stream->rhythm[1] = stream->rhythm[0];
		stream->rhythm[0] = now > stream->began ? now - stream->began : 1;
	}
	stream->began = now;
	if (step < 0 || step > MAX_TIMESTAMP_STEP) {
		session_notice(stream, GW_EVENT_TIMESTAMP_JUMP, 1);
		sender_clock_forget(&stream->clock);
		reception_forget_time(&stream->reception);
	}
	/* A second field, or a sender whose clock stands still. */
	if (step != 0)
		reception_note_picture(
			&stream->reception, &stream->sequence, timestamp, stream->arrival);
	stream->newest_timestamp = timestamp;
}

void session_close_picture(
	struct stream *stream, const struct closed_picture *picture, uint32_t timestamp)
{
	struct closed_picture *closed = &stream->closed[stream->closed_next];

	*closed = *picture;
	closed->used = true;
	closed->ssrc = stream->ssrc;
	closed->epoch = stream->epoch;
	closed->when = stream->arrival;
	stream->closed_timestamp[stream->closed_next] = timestamp;
	stream->closed_next = (stream->closed_next + 1) % STREAM_CLOSED;
}
