/* What a camera's RTCP says of its session, and what follows from it for its pictures: whose clock
 * says when they were taken. The lane's thread only. */
#pragma once

#include "dataplane/assembler.h"
#include "dataplane/rtcp.h"

/* Takes a compound packet of the camera, which came in `packet`, and of which `stream` is either
 * session. GW_DROP_NONE, or GW_DROP_RTCP_STRAY: it is of neither session. Nothing in it ends or
 * begins a session. */
enum gw_drop reports_take(struct stream *stream, const struct rtcp *rtcp,
	const struct packet *packet, const struct arrival *arrival);

/* A session has begun: what was told of the one before is forgotten. */
void reports_begin(struct stream *stream);

/* Sets when the picture was taken that begins with this packet, by the best clock that says it: the
 * packet's replay extension, the camera's reports, or else the arrival. */
void reports_set_capture_time(struct stream *stream, const struct rtp_packet *rtp,
	const struct arrival *arrival, struct gw_frame *frame);
