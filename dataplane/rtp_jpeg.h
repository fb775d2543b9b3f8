/* The headers of an RTP/JPEG payload (RFC 2435, 3.1). Pure functions on untrusted bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"

/* Types 64 to 127 have a restart header and are otherwise as type & 63 (RFC 2435, 3.1.3). */
#define RTP_JPEG_RESTART 64

/* Q from 128 on: the tables are in the stream, not computed (RFC 2435, 3.1.4). */
#define RTP_JPEG_Q_TABLES 128

/* The restart count of packets that do not keep to restart intervals (RFC 2435, 3.1.7). */
#define RTP_JPEG_WHOLE_FRAME 0x3FFF

/* What a packet is of its picture. */
enum rtp_jpeg_part {
	RTP_JPEG_BY_OFFSET, /* the first when its fragment offset is 0 */
	RTP_JPEG_ONVIF_FIRST, /* the first, says its header extension, which brings JPEG headers */
	RTP_JPEG_ONVIF_MORE, /* not the first, says its header extension */
};

struct rtp_jpeg {
	enum rtp_jpeg_part part;

	/* RTP_JPEG_ONVIF_FIRST: JPEG marker segments; points into the packet. */
	const uint8_t *segments;
	uint32_t segments_size;

	/* Why the packet is none, unless a picture is open that it belongs to: there, nobody looks
	 * at what is wrong with it. Or GW_DROP_NONE. */
	enum gw_drop doubt;

	uint8_t type_specific; /* 0: progressively scanned; 1, 2: odd and even field; 3: a field
				  alone */
	uint8_t type;
	uint8_t q;
	uint16_t width, height; /* pixels, a multiple of 8 below 2048; 0: not said */
	uint32_t offset; /* of `data` in the scan; where `part` says it, only 0 or not 0 */

	/* Restart header, for types 64 to 127. */
	uint16_t restart_interval;
	uint16_t restart_count;
	bool restart_first, restart_last;

	/* Quantisation table header: in the first packet, for Q from 128 on. */
	bool has_tables;
	uint8_t tables_precision; /* a bit per table, the least significant first: 1 = 16 bits */
	uint32_t tables_size; /* 0: as sent before with this Q */
	const uint8_t *tables;

	const uint8_t *data; /* the fragment of the scan; points into the packet */
	uint32_t size;
};

/* Reads the headers of a payload of `size` bytes. Returns GW_DROP_NONE or why the packet is of no
 * use. Malformed tables are the frame's fault and not judged here. */
enum gw_drop rtp_jpeg_parse(const uint8_t *data, uint32_t size, struct rtp_jpeg *jpeg);

/* The same for a packet of which it is known what part it is. */
enum gw_drop rtp_jpeg_parse_part(
	const uint8_t *data, uint32_t size, enum rtp_jpeg_part part, struct rtp_jpeg *jpeg);

/* Tells two packets of the same size and place apart by what they carry; equal for copies. */
uint32_t rtp_jpeg_print(const struct rtp_jpeg *jpeg);

/* A packet that begins a complete JPEG file (small network cameras send those). */
static inline bool rtp_jpeg_is_file(const struct rtp_jpeg *jpeg)
{
	return jpeg->offset == 0 && jpeg->size >= 3 && jpeg->data[0] == 0xFF &&
		jpeg->data[1] == 0xD8 && jpeg->data[2] == 0xFF;
}
