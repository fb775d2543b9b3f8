/* Puts the packets of a lane's cameras together into frames: RTP sessions, open frames, admission.
 *
 * Knows nothing of ports and packets below RTP. All functions run on the lane's thread but for
 * create and destroy. No allocation, lock, system call or log after creation. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/frame.h"
#include "core/stats.h"
#include "dataplane/rtp.h"
#include "dataplane/rtp_jpeg.h"

/* Frames that can become complete by one packet: two open ones of each session, and its own. */
#define ASSEMBLER_MAX_DONE 5

/* What assembler_put() returns besides drop reasons: the packet could not be taken yet, nothing was
 * counted, put it again later. Only when nothing may be lost. */
#define ASSEMBLER_WAIT GW_DROP_COUNT

struct assembler_setup {
	struct gw_pool *pool;
	struct gw_lane_stats *stats; /* of the receive lane */
	bool lossless;
};

/* When and how a packet came. */
struct arrival {
	int64_t now; /* gw_now() */
	int64_t utc; /* for capture_ns */
	enum gw_clock clock;

	/* For answers: the packet's first byte (NULL: nobody is to be answered), and the port that
	 * it came by, DPDK's number. */
	const uint8_t *frame;
	uint16_t device;
};

/* When, by the clock that the packets were stamped with: time stamps of a capture, or gw_now(). */
static inline int64_t arrival_when(const struct arrival *arrival)
{
	return arrival->clock == GW_CLOCK_SOURCE ? arrival->utc : arrival->now;
}

/* Frames that became complete, in the order of their cameras' pictures. */
struct assembler_done {
	uint32_t count;
	struct gw_frame **frames;
};

struct assembler;
struct rtcp;
struct packet;
struct secure;
struct stream;

/* NULL when out of memory. */
struct assembler *assembler_create(const struct assembler_setup *setup);

/* Gives the slots of open frames back. Accepts NULL. */
void assembler_destroy(struct assembler *assembler);

/* Takes the packets of one more camera: stream_create() made the stream, whose version says which.
 * It stays the caller's, until it is detached or the assembler is destroyed. */
void assembler_attach(struct assembler *assembler, struct stream *stream);

/* No packet of that camera comes any more: what is whole is passed on, what is open is dropped. */
void assembler_detach(
	struct assembler *assembler, struct stream *stream, struct assembler_done *done);

/* Whether a camera's packet is of the payload type of its pictures: GW_DROP_NONE, or why not. Ask
 * before the payload is read. GW_DROP_NO_CAMERA: it is not attached here. */
enum gw_drop assembler_judge_type(struct assembler *assembler, uint32_t camera,
	const struct rtp_packet *rtp, const struct arrival *arrival);

/* Takes one packet of an attached camera and counts what came of it in the camera's statistics, but
 * for `packets_used`, `packets` and packet drops, which the caller counts by the returned reason
 * (GW_DROP_NONE: used). Appends at most ASSEMBLER_MAX_DONE frames to `done`. */
enum gw_drop assembler_put(struct assembler *assembler, uint32_t camera,
	const struct rtp_packet *rtp, const struct rtp_jpeg *jpeg, const struct arrival *arrival,
	struct assembler_done *done);

/* Begins to fetch into the cache what assembler_put() will read of the camera; and, when that is
 * there, the `size` bytes where it will write if the packet is the next one of the newest open
 * frame. Change nothing. */
void assembler_fetch(const struct assembler *assembler, uint32_t camera);
void assembler_fetch_room(const struct assembler *assembler, uint32_t camera, uint32_t size);

/* Notes a packet of a camera that is of no use, so that nobody waits for its number or misses it.
 * Only the header fields of `rtp` are looked at. Nothing is counted but events. Accepts a camera
 * that is not attached here. */
void assembler_note(struct assembler *assembler, uint32_t camera, const struct rtp_packet *rtp,
	struct assembler_done *done);

/* Takes RTCP of a camera, which came in that packet: GW_DROP_NONE or a packet's reason, which the
 * caller counts. GW_DROP_NO_CAMERA: it is not attached here. */
enum gw_drop assembler_report(struct assembler *assembler, uint32_t camera, const struct rtcp *rtcp,
	const struct packet *packet, const struct arrival *arrival);

/* What the camera's packets are opened with; NULL: they are plain, or it is not attached here. */
struct secure *assembler_secure(const struct assembler *assembler, uint32_t camera);

/* The camera's session that made its last picture, or may make its first; NULL: it is not attached
 * here. */
const struct stream *assembler_session(const struct assembler *assembler, uint32_t camera);

/* Closes the frames that saw no packet for too long; with `all` every open one. Looks only at
 * cameras that have open frames. `give` is called after each camera with what became complete. */
void assembler_expire(struct assembler *assembler, int64_t now, bool all,
	void (*give)(void *arg, const struct assembler_done *done), void *arg);

/* How many frames are open, with their slots. Any thread; exact only for the lane's. */
uint32_t assembler_open_count(const struct assembler *assembler);

/* Nothing on the way will free a slot: do not wait for the next one. */
void assembler_stop_waiting(struct assembler *assembler);
