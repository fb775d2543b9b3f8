/* The RTP session of a stream: survives lost, late and repeated packets, and restarts. */
#pragma once

#include <stdint.h>

#include "dataplane/stream.h"

/* Whether the packet begins another session than the one that is open. */
static inline bool session_is_new(const struct stream *stream, uint32_t ssrc)
{
	return !stream->started || stream->ssrc != ssrc;
}

/* How long the camera's session has to be silent before another one is believed: half as long again
 * as the longer of the last two times between its pictures, in nanoseconds of `arrival`; longer
 * when the camera has been disputed. 0: it has made too few pictures to tell. */
int64_t session_longest_silence(const struct stream *stream);

/* Judges a packet of another payload type than that of the camera's pictures, which came at `when`:
 * GW_DROP_RTP_PAYLOAD, unless that type was not configured and, when only others have come for
 * long, this one begins a picture: the camera has changed its type, and none is known any more. */
enum gw_drop session_judge_type(struct stream *stream, const struct rtp_packet *rtp, int64_t when);

/* Counts what was noticed, unless the session has yet to prove itself. */
void session_notice(struct stream *stream, enum gw_event event, uint32_t times);

/* Counts what has not come of the session so far as lost. */
void session_flush(struct stream *stream);

/* Begins a new session. The open frames of the old one must be closed. Tables do not survive. */
void session_begin(struct stream *stream, const struct rtp_packet *rtp);

/* Finds the open frame that a packet belongs to, whose extended sequence number is given; NULL:
 * none. */
struct open_frame *session_find_open(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended);

/* Judges the packet's sequence number and timestamp. Returns GW_DROP_NONE with the extended number
 * and the open frame that it belongs to (NULL: it begins one), or why it comes too late. */
enum gw_drop session_admit(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t *extended, struct open_frame **open);

/* Notes that the packet arrived and was of use, whatever came under its number before. */
void session_mark(struct stream *stream, uint64_t extended);

/* Notes that a packet of the session with that number arrived, although it was of no use. */
void session_note(struct stream *stream, uint16_t number);

/* The same of one of another payload type: anybody's, perhaps. It fills a gap near by, and moves
 * nothing. */
void session_note_other(struct stream *stream, uint16_t number);

/* Notes that a picture with that timestamp begins, at gw_now(). */
void session_begin_picture(struct stream *stream, uint32_t timestamp, int64_t now);

/* Remembers a picture of the session that is over; fills in what is not its own. */
void session_close_picture(
	struct stream *stream, const struct closed_picture *picture, uint32_t timestamp);
