#include "dataplane/reports.h"

#include "dataplane/onvif.h"
#include "dataplane/session.h"

/* 2000-01-01: nobody recorded for a replay before. */
#define EARLIEST_RECORDING_NS (INT64_C(946684800) * GW_NS_PER_S)

/* After so long without a packet the newest picture tells nothing of the RTP clock now. */
#define SILENCE_NS (10 * GW_NS_PER_S)

static void publish_clock(const struct stream *stream)
{
	const struct sender_clock *clock = &stream->clock;
	struct gw_camera_stats *stats = stream->stats;
	uint32_t told = 0;

	if (stream->is_candidate)
		return;
	if (clock->is_told)
		told = GW_CLOCK_TOLD_OFFSET | (clock->has_drift ? GW_CLOCK_TOLD_DRIFT : 0);
	gw_counter_set(&stats->clock_offset, (uint64_t)clock->offset);
	gw_counter_set(&stats->clock_drift, (uint64_t)(int64_t)clock->drift_ppb);
	gw_counter_set(&stats->clock_told, told);
}

static void take_sender(struct stream *stream, const struct sender_report *report)
{
	/* By this report alone: would it put the pictures that come now into another hour? */
	const struct sender_clock alone = {.is_told = true,
		.utc = report->utc,
		.timestamp = report->timestamp,
		.when = report->when};
	int64_t newest;

	if (report->when - stream->arrival < SILENCE_NS &&
		!sender_clock_read(&alone, stream->newest_timestamp, report->when, report->when_utc,
			&newest)) {
		session_notice(stream, GW_EVENT_CLOCK_REFUSED, 1);
		return;
	}
	switch (sender_clock_take(&stream->clock, report)) {
	case SENDER_CLOCK_TAKEN:
		break;
	case SENDER_CLOCK_JUMPED:
		session_notice(stream, GW_EVENT_CLOCK_JUMP, 1);
		break;
	case SENDER_CLOCK_DOUBTED:
	case SENDER_CLOCK_REFUSED:
		session_notice(stream, GW_EVENT_CLOCK_REFUSED, 1);
		break;
	}
	publish_clock(stream);
}

static struct stream *find_session(struct stream *stream, uint32_t ssrc)
{
	if (!session_is_new(stream, ssrc))
		return stream;
	return session_is_new(stream->other, ssrc) ? NULL : stream->other;
}

static struct sender_report read_sender(const struct rtcp *rtcp, const struct arrival *arrival)
{
	return (struct sender_report){
		.utc = rtcp_utc(rtcp->ntp),
		.timestamp = rtcp->timestamp,
		.when = arrival_when(arrival),
		.when_utc = arrival->utc,
	};
}

static void note_peer(struct stream *stream, const struct rtcp *rtcp, const struct packet *packet,
	const struct arrival *arrival)
{
	if (arrival->frame)
		way_back_note(&stream->peer.way, arrival->frame, arrival->device, packet);
	if (!rtcp->has_sender)
		return;
	stream->peer.last_ntp = (uint32_t)(rtcp->ntp >> 16);
	stream->peer.last_when = arrival->now;
}

enum gw_drop reports_take(struct stream *stream, const struct rtcp *rtcp,
	const struct packet *packet, const struct arrival *arrival)
{
	struct stream *session = find_session(stream, rtcp->ssrc);

	if (!session && stream->started)
		return GW_DROP_RTCP_STRAY;
	gw_counter_add(&stream->stats->reports, 1);
	if (!session) {
		/* Senders often report before they send. */
		stream->has_early = rtcp->has_sender && gw_camera_has_rtcp(stream->config);
		stream->early_ssrc = rtcp->ssrc;
		stream->early = read_sender(rtcp, arrival);
		return GW_DROP_NONE;
	}
	note_peer(session, rtcp, packet, arrival);
	if (rtcp->has_sender && gw_camera_has_rtcp(session->config)) {
		const struct sender_report report = read_sender(rtcp, arrival);

		take_sender(session, &report);
	}
	if (rtcp_leaves(rtcp, session->ssrc))
		session_notice(session, GW_EVENT_RTCP_BYE, 1);
	return GW_DROP_NONE;
}

void reports_begin(struct stream *stream)
{
	stream->clock = (struct sender_clock){0};
	stream->peer = (struct sender_peer){0};
	if (stream->has_early && stream->early_ssrc == stream->ssrc)
		take_sender(stream, &stream->early);
	stream->has_early = false;
}

static void publish(const struct stream *stream, const struct gw_frame *frame)
{
	struct gw_camera_stats *stats = stream->stats;

	if (stream->is_candidate)
		return;
	gw_counter_set(&stats->clock, (uint64_t)frame->clock + 1);
	gw_counter_set(&stats->jitter, (uint64_t)rtp_ticks_to_ns(stream->reception.jitter) / 16);
	gw_counter_set(&stats->lost_ppm, stream->reception.lost_ppm);
}

/* Recordings are old; what lies ahead of now was never recorded. */
static bool is_recorded(int64_t utc, const struct arrival *arrival)
{
	return utc >= EARLIEST_RECORDING_NS && utc <= arrival->utc + SENDER_CLOCK_MOST_NS;
}

void reports_set_capture_time(struct stream *stream, const struct rtp_packet *rtp,
	const struct arrival *arrival, struct gw_frame *frame)
{
	uint64_t ntp;
	int64_t utc;

	frame->capture_ns = arrival->utc;
	frame->clock = arrival->clock;
	if (onvif_replay_time(rtp, &ntp)) {
		utc = rtcp_utc(ntp);
		if (is_recorded(utc, arrival)) {
			frame->capture_ns = utc;
			frame->clock = GW_CLOCK_ONVIF;
		} else {
			session_notice(stream, GW_EVENT_CLOCK_REFUSED, 1);
		}
	}
	if (frame->clock != GW_CLOCK_ONVIF && gw_camera_has_rtcp(stream->config) &&
		sender_clock_read(&stream->clock, rtp->timestamp, arrival_when(arrival),
			arrival->utc, &utc)) {
		frame->capture_ns = utc;
		frame->clock = GW_CLOCK_RTCP;
	}
	publish(stream, frame);
}
