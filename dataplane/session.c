#include "dataplane/session.h"

#include <string.h>

/* Late packets in a row, of unknown pictures or of the session before, that mean: the sequence went
 * back to its beginning, or that session is back. */
#define STALE_LIMIT 16

/* RTP/JPEG clocks run at 90 kHz: ten seconds without a picture are a jump. */
#define MAX_TIMESTAMP_STEP (10 * 90000)

/* RTP timestamps wrap: newer means less than half a round ahead. */
static bool timestamp_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

bool session_is_late(struct stream *stream, const struct rtp_packet *rtp)
{
	return stream->previous_valid && rtp->ssrc == stream->previous_ssrc &&
		!timestamp_newer(rtp->timestamp, stream->previous_timestamp) &&
		++stream->previous_stale < STALE_LIMIT;
}

void session_begin(struct stream *stream, const struct rtp_packet *rtp)
{
	if (stream->started) {
		gw_count_event(stream->stats, GW_EVENT_SSRC_CHANGE);
		gw_counter_add(&stream->stats->events[GW_EVENT_SEQUENCE_GAP],
			sequence_flush(&stream->sequence));
		stream->previous_valid = true;
		stream->previous_ssrc = stream->ssrc;
		stream->previous_timestamp = stream->newest_timestamp;
		for (uint32_t i = 0; i < 256 - RTP_JPEG_Q_TABLES; i++)
			stream->tables[i].count = 0;
		stream->restart.interval = 0;
		memset(stream->closed, 0, sizeof(stream->closed));
	}
	stream->started = true;
	stream->ssrc = rtp->ssrc;
	stream->stale = 0;
	stream->previous_stale = 0;
	stream->newest_timestamp = rtp->timestamp;
	sequence_restart(&stream->sequence, rtp->sequence);
}

struct open_frame *session_find_open(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	for (uint32_t i = 0; i < stream->open_count; i++) {
		struct open_frame *open = stream->open[i];

		if (open->timestamp != rtp->timestamp || open->type_specific != jpeg->type_specific)
			continue;
		/* Beyond the last packet: another picture under the same timestamp. */
		if (open->have_last && extended > open->last)
			continue;
		/* A field that begins anew although the marker did not come. */
		if (jpeg->type_specific != 0 && jpeg->offset == 0 && open->have_first &&
			extended != open->first)
			continue;
		return open;
	}
	return NULL;
}

static struct closed_picture *find_closed(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended)
{
	for (uint32_t i = 0; i < STREAM_CLOSED; i++) {
		struct closed_picture *closed = &stream->closed[i];

		if (closed->used && closed->timestamp == rtp->timestamp &&
			closed->type_specific == jpeg->type_specific &&
			!(closed->have_last && extended > closed->last))
			return closed;
	}
	return NULL;
}

/* An old number and a picture that nobody knows: did the camera begin anew? A newer timestamp says
 * so at once; otherwise it may be a packet that was very late, and a few of them in a row decide.
 */
static bool has_restarted(struct stream *stream, const struct rtp_packet *rtp)
{
	return timestamp_newer(rtp->timestamp, stream->newest_timestamp) ||
		++stream->stale >= STALE_LIMIT;
}

static void restart(struct stream *stream, const struct rtp_packet *rtp, uint64_t *extended)
{
	gw_count_event(stream->stats, GW_EVENT_SEQUENCE_RESTART);
	gw_counter_add(
		&stream->stats->events[GW_EVENT_SEQUENCE_GAP], sequence_flush(&stream->sequence));
	sequence_restart(&stream->sequence, rtp->sequence);
	stream->stale = 0;
	*extended = stream->sequence.highest + 1;
}

enum gw_drop session_admit(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t *extended, struct open_frame **open)
{
	const enum sequence_verdict verdict =
		sequence_check(&stream->sequence, rtp->sequence, extended);

	if (verdict == SEQUENCE_FAR)
		restart(stream, rtp, extended);
	*open = session_find_open(stream, rtp, jpeg, *extended);
	if (*open && verdict != SEQUENCE_SEEN)
		return GW_DROP_NONE;

	struct closed_picture *closed = *open ? NULL : find_closed(stream, rtp, jpeg, *extended);

	if (closed && rtp->marker && !closed->have_last) {
		closed->have_last = true;
		closed->last = *extended;
	}
	switch (verdict) {
	case SEQUENCE_AHEAD:
	case SEQUENCE_FAR:
		stream->stale = 0;
		return closed ? closed->reason : GW_DROP_NONE;
	case SEQUENCE_SEEN:
		if (*open || closed || !has_restarted(stream, rtp))
			return GW_DROP_DUPLICATE;
		break;
	case SEQUENCE_BEHIND:
		if (closed)
			return closed->reason;
		if (*extended > stream->passed)
			return GW_DROP_NONE;
		if (!has_restarted(stream, rtp))
			return GW_DROP_LATE;
		break;
	}
	restart(stream, rtp, extended);
	return GW_DROP_NONE;
}

void session_mark(struct stream *stream, uint64_t extended)
{
	if (extended < stream->sequence.highest)
		gw_count_event(stream->stats, GW_EVENT_REORDERED);
	const uint32_t missing = sequence_mark(&stream->sequence, extended);

	if (missing > 0)
		gw_counter_add(&stream->stats->events[GW_EVENT_SEQUENCE_GAP], missing);
}

void session_begin_picture(struct stream *stream, uint32_t timestamp)
{
	const int32_t step = (int32_t)(timestamp - stream->newest_timestamp);

	if (step < 0 || step > MAX_TIMESTAMP_STEP)
		gw_count_event(stream->stats, GW_EVENT_TIMESTAMP_JUMP);
	stream->newest_timestamp = timestamp;
}

void session_close_picture(struct stream *stream, const struct closed_picture *picture)
{
	stream->closed[stream->closed_next] = *picture;
	stream->closed_next = (stream->closed_next + 1) % STREAM_CLOSED;
}
