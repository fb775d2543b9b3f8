/* RTCP (RFC 3550, 6): compound packets, read and written. Pure functions on untrusted bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/drops.h"

/* What a compound packet of ours needs at most: a report with one block, and who we are. */
#define RTCP_NAME 64
#define RTCP_REPORT_SIZE (8 + 24 + 8 + 2 + RTCP_NAME + 4)

/* A compound packet, as far as somebody here wants to know. */
struct rtcp {
	uint32_t ssrc; /* of who sent it: the first packet says so */

	/* Of the first sender report. */
	bool has_sender;
	uint64_t ntp; /* seconds since 1900 in the upper half, parts of one in the lower */
	uint32_t timestamp; /* what the RTP clock says at that time */

	/* SSRCs that leave, four bytes each; points into the packet. */
	const uint8_t *leaving;
	uint32_t leaving_count;
};

/* Whether a datagram is RTCP where RTP may come, too (RFC 5761, 4): its types lie where RTP has a
 * marker and payload types that nobody uses. Is asked of every packet. */
static inline bool rtcp_is(const uint8_t *data, uint32_t size)
{
	return size >= 8 && (uint8_t)(data[1] - 200) < 12 && data[0] >> 6 == 2;
}

/* Reads a compound packet. Its parts must fill the datagram to the byte, or nothing of it is
 * believed; it may begin with any of them (RFC 5506). GW_DROP_NONE or GW_DROP_RTCP_BAD. */
enum gw_drop rtcp_parse(const uint8_t *data, uint32_t size, struct rtcp *rtcp);

/* Whether the SSRC is among those that leave. */
bool rtcp_leaves(const struct rtcp *rtcp, uint32_t ssrc);

/* UTC in nanoseconds since 1970 of an NTP time stamp, from 1968 to 2104 (RFC 5905, 6: eras). */
int64_t rtcp_utc(uint64_t ntp);

/* A receiver report about one sender (RFC 3550, 6.4.1). */
struct rtcp_report {
	uint32_t from, about; /* SSRCs: ours, the sender's */
	uint8_t fraction_lost; /* of what was sent since the report before, in 256ths */
	uint32_t lost; /* since the session's first packet */
	uint32_t highest; /* sequence number, and its rounds in the upper half */
	uint32_t jitter; /* in ticks of the RTP clock */
	uint32_t last_sender; /* the middle of the NTP time of the last sender report; 0: none */
	uint32_t delay; /* since that came, in 65536ths of a second */
};

/* Writes the report and, as every compound packet must, the name of who sends it (CNAME; what of
 * `name` does not fit is cut). Returns the size. */
uint32_t rtcp_write(
	const struct rtcp_report *report, const char *name, uint8_t packet[RTCP_REPORT_SIZE]);

/* When the next report is due, in nanoseconds from now (RFC 3550, 6.3.1 and A.7), for a session of
 * one sender and one receiver that needs so many bytes a second: the receiver's share of 5 % of
 * that for packets of `size` bytes, never more than one in 5 s (2.5 s before the first), half as
 * much more or less by `random`, so that gateways that start together do not stay together. */
int64_t rtcp_interval(uint64_t bytes_per_second, uint32_t size, bool is_first, uint32_t random);
