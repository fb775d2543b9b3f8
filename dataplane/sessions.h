/* The two sessions of a camera (dataplane/stream.h): which of them a packet belongs to, and when
 * they change places. The lane's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/rtp.h"
#include "dataplane/rtp_jpeg.h"

struct assembler_done;
struct open_list;
struct stream;

/* Whether the session, which made a picture and is not the camera's, may take the camera over at
 * `when` of its packets' clock: the camera's own has stopped, or it was the camera's before and
 * goes on. */
bool sessions_may_take_over(const struct stream *stream, int64_t when);

/* Finds the session of a packet that is not of the camera's newest, which `stream` is; it came at
 * `when` of its own clock. A third one takes the place of the other, whose open frames end, when it
 * can begin a picture and the other makes none. NULL: the packet is not worth a session. */
struct stream *sessions_find(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, int64_t when, struct open_list *open,
	struct assembler_done *done);

/* The session is the camera's from now on. The other one keeps what it has open: it may still be
 * completed. */
void sessions_take_over(struct stream *stream);
