/* The one thing that travels: a camera's picture on its way from packets to a Kafka record.
 *
 * A frame lives in a slot of a pool that was allocated before the first packet. It has one owner at
 * a time; pushing it into a link gives it away. A frame that failed travels on with its drop reason
 * set and is counted at the end of the way: it never vanishes.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"
#include "core/result.h"

struct gw_camera;
struct gw_credit;
struct gw_pool;
struct gw_surface;

enum gw_frame_state {
	/* In the pool. Only the pool may touch it. */
	GW_FRAME_FREE,
	/* The dataplane is putting fragments into `jpeg`. */
	GW_FRAME_FILLING,
	/* `jpeg` holds one complete JPEG interchange stream. */
	GW_FRAME_JPEG,
	/* `surface` holds the decoded picture as well; `jpeg` is still there. */
	GW_FRAME_IMAGE,
	/* `result` holds what the model said; `jpeg` is still there, `surface` is not needed any
	   more. */
	GW_FRAME_RESULT,
};

/* Whether a complete frame waits for work. Where frames begin one that waits may be shed; the stage
 * that is about to work on it takes it. Whoever exchanges WAITING for its own word has it. */
enum gw_frame_claim { GW_CLAIM_WAITING, GW_CLAIM_TAKEN, GW_CLAIM_SHED };

/* Which clock gave `capture_ns`; the names are part of the record format. */
#define GW_CLOCKS(X) \
	X(ARRIVAL, "arrival") /* the gateway's UTC clock when the first packet arrived */ \
	X(RTCP, "rtcp") /* the camera's, by way of an RTCP sender report */ \
	X(SOURCE, "source") /* the time that the capture file or the source record carries */ \
	X(ONVIF, "onvif") /* the time that ONVIF's replay extension carries */

enum gw_clock {
#define X(NAME, name) GW_CLOCK_##NAME,
	GW_CLOCKS(X)
#undef X
		GW_CLOCK_COUNT
};

/* Times in nanoseconds of CLOCK_MONOTONIC, taken when ... 0: not reached. */
enum gw_stamp {
	GW_STAMP_FIRST_PACKET, /* the first packet of the frame was received */
	GW_STAMP_COMPLETE, /* the last missing one was */
	GW_STAMP_DECODE, /* a decoder began */
	GW_STAMP_DECODED, /* ... and ended */
	GW_STAMP_INFER, /* the batch with this frame began to run */
	GW_STAMP_INFERRED, /* ... and ended */
	GW_STAMP_SINK, /* the record was handed to the sink */
	GW_STAMP_COUNT
};

/* Bits of `flags`; the names are part of the record format. */
#define GW_FRAME_FLAGS(X) \
	X(FIELD, "field", 0) /* one field of an interlaced picture */ \
	X(CONCEALED, "concealed", 1) /* a lost chunk was replaced */ \
	X(CROPPED, "cropped", 2) /* the true size is not a multiple of the block size */

enum gw_frame_flag {
#define X(NAME, name, bit) GW_FLAG_##NAME = 1u << (bit),
	GW_FRAME_FLAGS(X)
#undef X
};

/* `data` .. `data + size` is the JPEG stream from SOI to EOI. The slot is `room`..`room +
 * capacity`; the scan is written in place at `room + GW_JPEG_HEADROOM`, and the headers, which are
 * known last, end where the scan begins. Who has a picture that lies elsewhere may let `data` point
 * there, as long as the frame is on its way. */
struct gw_jpeg {
	uint8_t *data;
	uint32_t size;
	uint8_t *room;
	uint32_t capacity;
	/* Headers of our own around a scan whose markers were counted: what jpeg_probe() would find
	 * is known, but for limits. Written by the dataplane; false in a slot from the pool. */
	bool sound;
};

/* Bytes before the scan data: SOI, APPn, four 16-bit DQT, SOFn, four DHT of full length, DRI and
 * SOS of three components fit. */
#define GW_JPEG_HEADROOM 2048u

/* Long enough for what any gateway writes: core/config/config.h bounds the names in it. */
#define GW_ORIGIN_ID 160
#define GW_ORIGIN_SOURCE 320

/* Another gateway's name for the picture: its results here go by that name, so that they can be
 * joined with what that gateway said. */
struct gw_origin {
	char id[GW_ORIGIN_ID]; /* CloudEvents id */
	char source[GW_ORIGIN_SOURCE]; /* CloudEvents source */
};

struct gw_frame {
	_Alignas(64)
		/* How often the slot was taken: tells its frames apart. The pool writes it. */
		uint32_t ticket;
	_Atomic uint32_t refs; /* the slot returns to the pool when the last reference goes */
	_Atomic uint64_t claim; /* the ticket and enum gw_frame_claim: exchanged by any thread */

	/* Identity. Written by the dataplane while FILLING, read-only afterwards. */
	uint32_t camera; /* its slot: core/camera.h */
	struct gw_camera *version; /* that holds for this frame, whatever changes; NULL in tests */
	uint32_t ssrc;
	uint32_t rtp_timestamp;
	uint64_t sequence; /* complete frames of this camera, from 0; goes on when a name comes back
			    */
	int64_t capture_ns; /* UTC, nanoseconds since 1970 */
	enum gw_clock clock;
	uint32_t flags; /* enum gw_frame_flag */
	/* Of the picture as it is seen, pixels. From the probe of the decode stage on; before, as
	   it is stored. */
	uint16_t width, height;
	uint8_t orientation; /* of what is stored: core/orientation.h; the decode stage */
	bool lossless; /* it waits for room, wherever it is, and is never shed */
	bool has_origin; /* `origin` holds */
	uint64_t receipt; /* to be returned to its source; 0: nobody asks (core/receipt.h) */

	enum gw_frame_state state; /* written by the owner */
	enum gw_drop drop; /* why it failed, GW_DROP_NONE while it is well */
	int64_t stamp[GW_STAMP_COUNT];

	struct gw_jpeg jpeg;
	struct gw_surface *surface; /* the decoded picture, from the decoder to the last model */
	struct gw_result result;

	/* For the stage that has the frame: core/order.h, core/turns.h, core/credit.h. */
	struct gw_frame *order_next, *turn_next;
	struct gw_credit *credit;
	uint16_t turn_group;
	bool order_done;
	uint8_t pictures_held; /* records that wait and lie in the slot; the sink's lane */

	struct gw_pool *pool;
	/* Bytes of the slot, from its beginning and from its end, that were written on the way to
	 * `jpeg`: its memory, too. 0: no more than what lies there now. Who puts it together. */
	uint32_t reached, reached_back;
	uint32_t touched, touched_back; /* ... that all its pictures have; the pool's */
	uint32_t size_class;

	struct gw_origin origin; /* not touched unless it is used */
};

/* Lets the result use what of the slot lies behind the JPEG, or all of it when the JPEG is somebody
 * else's. The frame's owner. */
static inline void gw_frame_begin_result(struct gw_frame *frame)
{
	struct gw_result *result = &frame->result;
	const struct gw_jpeg *jpeg = &frame->jpeg;
	const uintptr_t from = (uintptr_t)jpeg->room;

	result->count = 0;
	gw_result_begin_plan(result);
	result->extra = NULL;
	result->extra_size = result->extra_room = 0;
	if (!jpeg->data)
		return;
	uint8_t *const end = jpeg->room + jpeg->capacity;
	uint8_t *at = (uintptr_t)jpeg->data - from < jpeg->capacity ? jpeg->data + jpeg->size
								    : jpeg->room;

	at += -(uintptr_t)at % 8;
	result->extra = at;
	result->extra_room = at < end ? (uint32_t)(end - at) : 0;
}

/* Marks a frame as failed; the first reason stays. The frame must still be pushed on. */
static inline void gw_frame_fail(struct gw_frame *frame, enum gw_drop drop)
{
	if (frame->drop == GW_DROP_NONE)
		frame->drop = drop;
}

static inline bool gw_frame_failed(const struct gw_frame *frame)
{
	return frame->drop != GW_DROP_NONE;
}

static inline uint64_t gw_frame_claim_word(uint32_t ticket, enum gw_frame_claim claim)
{
	return (uint64_t)ticket << 2 | claim;
}

static inline enum gw_frame_claim gw_frame_claim_state(const struct gw_frame *frame)
{
	return (enum gw_frame_claim)(atomic_load_explicit(&frame->claim, memory_order_acquire) & 3);
}

/* Takes a waiting frame for work. False when it was shed before: then it has failed. */
static inline bool gw_frame_claim(struct gw_frame *frame)
{
	uint64_t word = gw_frame_claim_word(frame->ticket, GW_CLAIM_WAITING);

	if (atomic_compare_exchange_strong_explicit(&frame->claim, &word,
		    gw_frame_claim_word(frame->ticket, GW_CLAIM_TAKEN), memory_order_acq_rel,
		    memory_order_acquire) ||
		word == gw_frame_claim_word(frame->ticket, GW_CLAIM_TAKEN))
		return true;
	gw_frame_fail(frame, GW_DROP_SHED);
	return false;
}

/* Lets a frame that was taken be shed from now on, until somebody claims it. Its owner only. */
static inline void gw_frame_offer(struct gw_frame *frame)
{
	atomic_store_explicit(&frame->claim, gw_frame_claim_word(frame->ticket, GW_CLAIM_WAITING),
		memory_order_release);
}

/* Sheds the frame that the slot held at that ticket, while it waits. False: it is at work, gone, or
 * the slot is another frame's by now. Any thread. */
static inline bool gw_frame_shed(struct gw_frame *frame, uint32_t ticket)
{
	uint64_t word = gw_frame_claim_word(ticket, GW_CLAIM_WAITING);

	return atomic_compare_exchange_strong_explicit(&frame->claim, &word,
		gw_frame_claim_word(ticket, GW_CLAIM_SHED), memory_order_acq_rel,
		memory_order_acquire);
}

/* Says which version of its camera holds for a frame that was just taken. The version stays until
 * the slot is free again. */
void gw_frame_set_version(struct gw_frame *frame, struct gw_camera *version);

/* Takes one more reference. Any thread that holds one may. */
void gw_frame_ref(struct gw_frame *frame);

/* Gives one reference back; the last one returns the slot to its pool. Any thread. */
void gw_frame_unref(struct gw_frame *frame);
