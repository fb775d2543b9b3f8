/* What a receive lane knows of one camera's stream: its RTP session and its open frames. The lane's
 * thread only, but where it is said.
 *
 * A camera has two of them: one whose session made the last picture, and one for a session that has
 * yet to make one, or that made pictures before (RFC 3550, appendix A.1: a new source proves itself
 * first). They change places; nothing of either is lost by that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/camera.h"
#include "core/frame.h"
#include "core/stats.h"
#include "dataplane/coverage.h"
#include "dataplane/reception.h"
#include "dataplane/rtp.h"
#include "dataplane/rtp_jpeg.h"
#include "dataplane/sender_clock.h"
#include "dataplane/sequence.h"
#include "dataplane/way_back.h"
#include "jpeg/header.h"
#include "jpeg/parts.h"
#include "jpeg/scan.h"

/* Late packets still land while so many frames are open. */
#define STREAM_OPEN_FRAMES 2

/* Closed pictures that are remembered, to tell late packets and copies of the stream from new
 * pictures: more than a second at 120 a second. */
#define STREAM_CLOSED 128

/* Numbers of packets that came and were of no use: one that is of use may come under the same.
 * Twice as many as packets of other types can be noted for at a time. */
#define STREAM_NOTED 64

enum open_state {
	/* Packets are missing. */
	OPEN_FILLING,
	/* Complete; an older frame that may still come or be completed goes first. */
	OPEN_WHOLE,
};

struct open_frame {
	enum open_state state;
	struct gw_frame *frame;
	uint8_t *data; /* where the scan begins in its slot */
	uint32_t limit; /* bytes of scan data that the slot can hold */
	uint32_t header_size;

	/* What all packets of the frame agree on. */
	uint32_t timestamp;
	uint8_t type;
	uint8_t payload_type;

	/* What the packet with offset 0 says, or another one until that comes. */
	uint8_t type_specific;
	uint8_t q;
	uint16_t interval; /* MCUs between restart markers, 0: not announced */

	/* What the packets say that came before that one, if all say the same; 0: nothing. */
	uint16_t said_width, said_height;

	uint32_t packets; /* that belong to it, whatever they hold */
	uint32_t fragments; /* in the list at the end of the slot: dataplane/fragments.h */
	bool is_onvif; /* its packets are concatenated: dataplane/onvif.h */
	bool is_shuffled; /* ... and came in another order than that of their numbers */
	uint32_t mcus; /* ... of the whole picture */
	bool can_conceal; /* all of them can be told apart by their restart headers */
	bool is_left_over; /* it began before another session took the camera over */

	bool have_first; /* the packet with offset 0, whose number is `first` */
	bool is_file; /* it began a complete JPEG file */
	bool header_sound; /* of the headers that were written for it, struct jpeg_header says */
	bool have_last; /* the number of the last packet is known: `last` */
	bool have_size; /* it has arrived: the scan has `size` bytes */
	uint64_t first, last;
	uint32_t print; /* rtp_jpeg_print() of the first */
	uint64_t low, high; /* numbers of the oldest and the newest packet */
	uint32_t high_end; /* where the newest one's fragment ends */
	uint32_t size;
	int64_t touched; /* gw_now() of the last packet */
	struct jpeg_scan scan; /* what the bytes in order from the beginning on hold */
	struct coverage coverage; /* at the end: of a frame in order one span is used */
};

/* A picture that is over. Packets that still come for it are dropped for `reason`. */
struct closed_picture {
	uint64_t low, last; /* numbers of its oldest and its last packet */
	uint64_t first; /* of the one with offset 0 */
	uint32_t print; /* rtp_jpeg_print() of that one */
	uint32_t ssrc;
	uint32_t epoch;
	int64_t when; /* `arrival` of the stream */
	bool used;
	bool have_last; /* if not, `last` is the newest that came */
	bool have_first;
	uint8_t type_specific;
	enum gw_drop reason;
};

/* Who sends the session, by its RTCP. */
struct sender_peer {
	struct way_back way;
	uint32_t last_ntp; /* the middle of its last sender report's time; 0: none came */
	int64_t last_when; /* gw_now() when that came */
};

struct stream {
	/* What frames begin under: replaced between two turns. */
	struct gw_camera *version;
	const struct gw_camera_config *config; /* of it */
	struct gw_camera_slot *slot;
	struct gw_camera_stats *stats; /* the lane's, while the stream is attached to one */
	uint32_t versions; /* that have this stream; control thread */
	struct stream *other; /* the camera's other session */
	struct secure *secure; /* of both; NULL: packets are not protected */

	/* Streams of the lane that have open frames, while this one does. */
	struct stream *open_next, **open_link;

	int64_t arrival; /* of the newest packet, in nanoseconds of its own clock */

	/* The RTP session. */
	bool started;
	bool is_candidate; /* the other one made the camera's last picture: nothing is noticed here
			    */
	bool has_made_pictures;
	bool is_contested; /* another session took the camera over while this one went on */
	bool is_onvif; /* a header extension brought JPEG headers */
	bool tables_vary; /* those of one Q have changed, although they should not */
	uint8_t kept_q; /* of the last picture, if it said that the tables of it are as before */
	uint32_t ssrc;
	uint32_t newest_timestamp;
	uint8_t payload_type; /* of the camera's pictures; 0: not known yet */
	uint32_t other_types; /* packets in a row of other types */
	int64_t other_types_since; /* `arrival` before the first of them */
	int64_t camera_since; /* `arrival` when it became the camera's; 0: it never did */
	int64_t held_until; /* gw_now() when its whole pictures go on, unless the other sends on */
	uint32_t epoch; /* counts sessions and restarts of their numbers */
	uint32_t stale; /* pictures in a row that only make sense after a restart */
	uint32_t stale_timestamp; /* of the last of them */
	struct sequence sequence;
	uint32_t others_ahead; /* bit n: highest + 1 + n came, of another payload type */
	/* How many packets the camera sends: so many in so many ticks, or since a picture. */
	uint32_t pace_packets, pace_ticks;
	uint32_t pace_timestamp;
	uint64_t pace_number;

	/* When the newest picture began, by gw_now(), and how long after the ones before. */
	int64_t began, rhythm[2];

	/* Oldest first; points into `open_room`. */
	uint32_t open_count;
	struct open_frame *open[STREAM_OPEN_FRAMES];
	uint64_t passed; /* newest packet of the last frame that was passed on */
	uint16_t width, height; /* of the last frame; 0: none yet */
	struct open_frame open_room[STREAM_OPEN_FRAMES];

	/* From here on: once a picture, or once a report. */
	uint64_t noted[STREAM_NOTED]; /* 0: none */
	uint32_t noted_next;
	struct reception reception;
	struct sender_clock clock;
	struct sender_peer peer;
	/* The camera reported before its first packet came: it counts when that is of this SSRC. */
	bool has_early;
	uint32_t early_ssrc;
	struct sender_report early;

	/* A ring; its timestamps apart, because they are looked
	 * through. */
	uint32_t closed_next;
	uint32_t closed_timestamp[STREAM_CLOSED];
	struct closed_picture closed[STREAM_CLOSED];
	struct jpeg_header header;
	struct jpeg_parts parts; /* from header extensions */
	uint8_t computed_q; /* `computed` is for it; 0: for none yet */
	struct jpeg_tables computed;
	struct jpeg_tables
		tables[256 - RTP_JPEG_Q_TABLES]; /* by Q, as sent before (RFC 2435, 3.1.8) */
};

struct secure;

/* A stream without packets so far, and the other one, for a version of its camera. They belong to
 * that version; a later one that changes nothing of the session takes them over by raising
 * `versions`. `secure` (or NULL) is theirs from then on. NULL when out of memory. Control thread.
 */
struct stream *stream_create(
	struct gw_camera *version, struct gw_camera_slot *slot, struct secure *secure);

/* One version less has them; freed with the last. Accepts NULL. Control thread. */
void stream_release(struct stream *stream);

/* Begins to fetch into the cache what every packet needs of the stream. */
static inline void stream_fetch(const struct stream *stream)
{
	const char *line = (const char *)stream;

	for (size_t at = 0; at < offsetof(struct stream, sequence.bits); at += 64)
		__builtin_prefetch(line + at);
	for (size_t at = offsetof(struct stream, open_count);
		at < offsetof(struct stream, open_room[0].coverage.span[1]); at += 64)
		__builtin_prefetch(line + at);
}

static inline void stream_set_version(struct stream *stream, struct gw_camera *version)
{
	stream->version = stream->other->version = version;
	stream->config = stream->other->config = version->config;
}

/* Says of both what type the camera's pictures have. */
static inline void stream_set_payload_type(struct stream *stream, uint8_t payload_type)
{
	if (stream->payload_type != payload_type)
		stream->payload_type = stream->other->payload_type = payload_type;
}
