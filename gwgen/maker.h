/* Makes the RTP packets of a picture, as cameras do and as they should not: the one maker of
 * packets, for gwgen and for the tests of the receive path. It shares no code with the receiver.
 * Pure functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/picture.h"

/* The way a camera writes its packets. */
struct maker_style {
	uint8_t payload_type; /* 0: 26 */
	uint8_t q; /* 1..99: no tables are sent; from 128 on they are */
	uint8_t later_q; /* in all packets but the first; 0: the same */
	uint8_t tables; /* how many are sent, from Q 128 on: 0 to 3 */
	uint8_t precision; /* bit n: table n is sent with 16 bits */
	bool announce_restart; /* types 64 and 65 when the picture has an interval */
	bool interval_0; /* ... and the interval that it announces is 0 */
	bool keep_intervals; /* packets hold whole restart intervals where they fit */
	bool no_size; /* width and height in the header are 0 */
	bool size_down; /* rounded down to eights, not up */
	bool with_eoi; /* EOI in the payload */
	bool whole_file; /* the whole JPEG file is the payload */
	bool no_marker;
	uint8_t specific; /* the type-specific byte */
	uint8_t csrc; /* how many contributing sources */
	bool extension; /* a foreign header extension */
	uint8_t padding; /* bytes behind the payload, 0: none */

	/* JPEG headers in an RTP header extension (ONVIF Streaming Specification). */
	bool onvif; /* the first packet has `segments`, the others say that they are none */
	bool onvif_later; /* ... in an extension of their own */
	bool replay; /* behind a replay extension */
	uint64_t ntp; /* ... which says that time */
	bool no_offset; /* every fragment offset is 0 */
	const uint8_t *segments; /* what the first packet's extension holds */
	uint32_t segments_size; /* 0: no extension */

	uint32_t room; /* bytes of an RTP packet, headers included; 0: `chunk` counts */
	uint32_t chunk; /* bytes of the scan in each packet */
};

/* Where the stream stands. */
struct maker {
	struct maker_style style;
	uint32_t ssrc, timestamp;
	uint16_t sequence; /* of the next packet */
	uint16_t restart_word; /* of the next packet: F, L and count (RFC 2435, 3.1.7) */
};

/* Takes one RTP packet, whole; the bytes are the maker's. */
typedef void maker_take(void *arg, const uint8_t *rtp, uint32_t size);

/* The longest packet that is made when `room` says how long. */
#define MAKER_MOST 10240

/* Makes the packets of one picture. The sequence number goes on, the timestamp stays. Returns 0, or
 * -EMSGSIZE when `room` is too small for the headers, or a chunk too large: then none is taken. */
int maker_picture(struct maker *maker, const struct picture *picture, maker_take *take, void *arg);
