/* Frames of senders that put JPEG headers into an extension of the RTP header (ONVIF Streaming
 * Specification). Their packets are concatenated in the order of their numbers: fragment offsets
 * mean nothing. Private to the open frame; off the way of all other frames. */
#pragma once

#include "dataplane/stream.h"

/* Reads an RTP/JPEG payload of a packet that has a header extension: of ONVIF, or a foreign one. */
enum gw_drop onvif_parse(const struct rtp_packet *rtp, struct rtp_jpeg *jpeg);

/* Reads an RTP/JPEG payload, whatever the packet has. */
static inline enum gw_drop onvif_parse_any(const struct rtp_packet *rtp, struct rtp_jpeg *jpeg)
{
	return rtp->extension ? onvif_parse(rtp, jpeg)
			      : rtp_jpeg_parse(rtp->payload, rtp->size, jpeg);
}

/* When the picture was recorded, as the replay extension of the packet says: an NTP time stamp.
 * False: it has none. */
bool onvif_replay_time(const struct rtp_packet *rtp, uint64_t *ntp);

/* How large the picture is that the packet begins, as far as its extension or an earlier one says.
 * False: they do not. */
bool onvif_find_size(const struct stream *stream, const struct rtp_jpeg *jpeg, uint16_t *width,
	uint16_t *height);

/* As open_frame_add(), open_frame_is_whole() and open_frame_finish(). */
enum gw_drop onvif_add(struct open_frame *open, struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended);
enum gw_drop onvif_finish(struct open_frame *open);
