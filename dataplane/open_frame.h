/* One frame that is being put together from its packets. Private to the assembler.
 *
 * Functions that judge packets return GW_DROP_NONE, or a packet's reason (the packet is of no use,
 * the frame is unharmed), or a frame's reason (the frame is damaged): gw_drops[] knows the unit. */
#pragma once

#include <stdint.h>

#include "dataplane/stream.h"

/* Makes an open frame of a slot that was taken for it. */
void open_frame_begin(struct open_frame *open, struct gw_frame *frame, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, uint64_t extended);

/* Puts the packet's fragment in its place, and takes what its headers say.
 *
 * Offset, size and headers are not trusted (RFC 2435, 3.1): the slot is the limit. The caller has
 * found out that the packet belongs to this frame and did not arrive before. */
enum gw_drop open_frame_add(struct open_frame *open, struct stream *stream,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, uint64_t extended);

/* Moves what has arrived into a larger slot, which the caller has taken for it; the old one is the
 * caller's again. */
void open_frame_move(struct open_frame *open, struct gw_frame *larger);

/* The last packet is the one numbered `last`, as the beginning of the next picture says. */
void open_frame_ends_with(struct open_frame *open, uint64_t last);

/* Whether packets are in it that came from before its first one or beyond its last, before those
 * were known: they may have brought bytes of another picture. (Where they brought the same, as of a
 * lens that is covered, a picture is given up that was right.) */
bool open_frame_has_others(const struct open_frame *open);

/* Whether every byte of the scan and the headers are there, and every number from the first packet
 * to the last has come, none of them for another picture: with a hole between, the bytes may be of
 * two pictures. */
bool open_frame_is_whole(const struct open_frame *open, const struct stream *stream);

/* Finds the tables that the frame is quantised with (RFC 2435, 3.1.8); `found` is the stream's. A
 * frame's reason when there are none, or malformed ones. */
enum gw_drop open_frame_find_tables(
	struct stream *stream, const struct rtp_jpeg *jpeg, const struct jpeg_tables **found);

/* Writes the headers of a frame whose first packet did not come: for the size that all the others
 * say, and with the tables that its Q stands for. A frame's reason when the slot was taken for
 * another size, or nobody knows the tables. From Q 128 on the lost packet may have brought others
 * (RFC 2435, 3.1.8), unless the session sends none with its pictures and never changed any. */
enum gw_drop open_frame_replace_first(struct open_frame *open, struct stream *stream);

/* Ends the JPEG stream with EOI. */
void open_frame_end(struct gw_frame *frame);

/* Makes the frame whole although packets are lost: their restart intervals are replaced (RFC 2435,
 * 3.1.7), and the frame is flagged. GW_DROP_INCOMPLETE when that cannot be. */
enum gw_drop open_frame_conceal(struct open_frame *open, struct stream *stream);

/* Makes one JPEG interchange stream of headers and scan in the slot. A frame's reason when they do
 * not go together. */
enum gw_drop open_frame_finish(struct open_frame *open, const struct gw_camera_config *camera);
