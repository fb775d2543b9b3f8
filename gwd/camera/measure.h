/* What a camera's packets say of its pictures, over some seconds. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"

#define MEASURE_INTERVALS 8
#define MEASURE_SSRCS 4

struct measure {
	uint64_t packets, bytes; /* RTP packets with their headers */
	uint64_t lost; /* by their numbers */
	uint64_t refused[GW_DROP_COUNT]; /* packets that are no RTP/JPEG, by reason */
	uint32_t largest; /* packet, bytes */
	uint64_t reports; /* RTCP packets: no part of `packets` */
	uint64_t elsewhere; /* packets on a channel of the connection that nobody set up */

	uint64_t pictures; /* whose first packet came */
	int64_t first, last; /* when the first one and the last one came, ns */
	bool types[256], qs[256], payload_types[128];
	uint32_t ssrc[MEASURE_SSRCS], ssrc_count;
	uint16_t width, height; /* of the last one; 0: not said */
	bool size_varies;
	uint64_t with_tables, without_tables; /* of pictures with Q from 128 on */
	bool wide_tables; /* 16 bits */
	uint16_t interval[MEASURE_INTERVALS]; /* announced restart intervals, MCUs */
	uint32_t interval_count;
	uint64_t files; /* pictures that are whole JPEG files */
	uint64_t extended; /* packets with a header extension of ONVIF's */

	bool has_number;
	uint16_t number;
};

/* Takes the UDP payload of one packet that came at `now` (gw_now()). RTCP may come where RTP does
 * (RFC 5761; within a connection on a channel of its own, which is not told): it is counted. */
void measure_packet(struct measure *measure, const uint8_t *data, uint32_t size, int64_t now);

/* Pictures a second; 0: fewer than two came. */
double measure_rate(const struct measure *measure);
