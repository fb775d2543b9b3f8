/* The RTP header (RFC 3550, 5.1). Pure functions on untrusted bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"

/* A static payload type of RFC 3551. */
#define RTP_TYPE_JPEG 26

/* Ticks a second of the clock that pictures are stamped by (RFC 2435, 3). */
#define RTP_CLOCK_HZ 90000

static inline int64_t rtp_ticks_to_ns(int64_t ticks)
{
	return ticks * (1000000000 / 10000) / (RTP_CLOCK_HZ / 10000);
}

static inline int64_t rtp_ns_to_ticks(int64_t ns)
{
	return ns / (1000000000 / 10000) * (RTP_CLOCK_HZ / 10000) +
		ns % (1000000000 / 10000) * (RTP_CLOCK_HZ / 10000) / (1000000000 / 10000);
}

struct rtp_packet {
	const uint8_t *payload; /* without padding; points into the packet */
	uint32_t size;
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t sequence;
	uint8_t payload_type;
	bool marker;

	/* The header extension: NULL when there is none. */
	const uint8_t *extension;
	uint32_t extension_size; /* bytes after the 4-byte extension header */
	uint16_t extension_profile; /* "defined by profile" */
};

/* Reads the header of an RTP packet of `size` bytes. Returns GW_DROP_NONE or why it is none. */
enum gw_drop rtp_parse(const uint8_t *data, uint32_t size, struct rtp_packet *rtp);

/* Whether the payload type may be JPEG: 26, or one of the dynamic ones, which a camera without a
 * session may use for it. The others, RTCP's 72 to 76 among them, are assigned to something else.
 */
static inline bool rtp_type_may_be_jpeg(uint8_t payload_type)
{
	return payload_type == RTP_TYPE_JPEG || payload_type >= 96;
}
