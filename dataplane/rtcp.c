#include "dataplane/rtcp.h"

#include <stddef.h>
#include <string.h>

#include "core/bytes.h"
#include "core/clock.h"

enum {
	TYPE_SENDER = 200,
	TYPE_RECEIVER = 201,
	TYPE_DESCRIPTION = 202,
	TYPE_LEAVING = 203,
	HEADER_SIZE = 4,
	SENDER_SIZE = 28, /* with the SSRC and what it sent */
	RECEIVER_SIZE = 8,
	BLOCK_SIZE = 24,
	ITEM_NAME = 1, /* CNAME */
	UDP_AND_IP = 28, /* bytes that a report costs besides its own */
};

/* From 1900 to 1970. */
#define NTP_TO_UNIX INT64_C(2208988800)

/* The receivers' share of RTCP's 5 % is three quarters (RFC 3550, 6.2). */
#define SHARE_DIVISOR 27 /* 1 / (0.05 * 0.75), rounded up */

/* What the timer's rules would make of the interval is made up for (RFC 3550, 6.3.1: e - 3/2). */
#define COMPENSATION_PERMILLE 1218

static bool take(struct rtcp *rtcp, const uint8_t *data, uint32_t size, bool is_first)
{
	const uint32_t count = data[0] & 31u;
	uint32_t least = HEADER_SIZE;

	switch (data[1]) {
	case TYPE_SENDER:
		least = SENDER_SIZE + count * BLOCK_SIZE;
		break;
	case TYPE_RECEIVER:
		least = RECEIVER_SIZE + count * BLOCK_SIZE;
		break;
	case TYPE_LEAVING:
		least = HEADER_SIZE + count * 4;
		break;
	default:
		break;
	}
	if (size < least)
		return false;
	if (is_first)
		rtcp->ssrc = size >= HEADER_SIZE + 4 ? read_be32(data + HEADER_SIZE) : 0;
	if (data[1] == TYPE_SENDER && !rtcp->has_sender) {
		rtcp->has_sender = true;
		rtcp->ntp = (uint64_t)read_be32(data + 8) << 32 | read_be32(data + 12);
		rtcp->timestamp = read_be32(data + 16);
	}
	if (data[1] == TYPE_LEAVING && !rtcp->leaving) {
		rtcp->leaving = data + HEADER_SIZE;
		rtcp->leaving_count = count;
	}
	return true;
}

enum gw_drop rtcp_parse(const uint8_t *data, uint32_t size, struct rtcp *rtcp)
{
	uint32_t at = 0;

	*rtcp = (struct rtcp){0};
	while (at < size) {
		if (size - at < HEADER_SIZE || data[at] >> 6 != 2)
			return GW_DROP_RTCP_BAD;
		const uint32_t whole = (read_be16(data + at + 2) + 1u) * 4;
		uint32_t length = whole;

		if (whole > size - at)
			return GW_DROP_RTCP_BAD;
		if (data[at] & 0x20) {
			/* Only the last one is padded; its last byte says how much. */
			const uint32_t padding = data[at + whole - 1];

			if (at + whole != size || padding == 0 || padding % 4 ||
				padding > whole - HEADER_SIZE)
				return GW_DROP_RTCP_BAD;
			length -= padding;
		}
		if (!take(rtcp, data + at, length, at == 0))
			return GW_DROP_RTCP_BAD;
		at += whole;
	}
	return size > 0 ? GW_DROP_NONE : GW_DROP_RTCP_BAD;
}

bool rtcp_leaves(const struct rtcp *rtcp, uint32_t ssrc)
{
	for (uint32_t i = 0; i < rtcp->leaving_count; i++)
		if (read_be32(rtcp->leaving + i * 4) == ssrc)
			return true;
	return false;
}

int64_t rtcp_utc(uint64_t ntp)
{
	int64_t seconds = (int64_t)(ntp >> 32);

	if (seconds < INT64_C(0x80000000))
		seconds += INT64_C(0x100000000);
	return (seconds - NTP_TO_UNIX) * GW_NS_PER_S +
		(int64_t)((ntp & UINT32_MAX) * (uint64_t)GW_NS_PER_S >> 32);
}

static uint8_t *put_be32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
	return at + 4;
}

static uint8_t *put_header(uint8_t *at, uint32_t count, uint8_t type, uint32_t size)
{
	return put_be32(at, (2u << 6 | count) << 24 | (uint32_t)type << 16 | (size / 4 - 1));
}

uint32_t rtcp_write(
	const struct rtcp_report *report, const char *name, uint8_t packet[RTCP_REPORT_SIZE])
{
	const uint32_t length = (uint32_t)strnlen(name, RTCP_NAME);
	/* An item of type 0 ends the list, and fills its last word up. */
	const uint32_t description = (HEADER_SIZE + 4 + 2 + length + 4) / 4 * 4;
	uint8_t *at = put_header(packet, 1, TYPE_RECEIVER, RECEIVER_SIZE + BLOCK_SIZE);

	at = put_be32(at, report->from);
	at = put_be32(at, report->about);
	at = put_be32(at,
		(uint32_t)report->fraction_lost << 24 |
			(report->lost < 0x7FFFFF ? report->lost : 0x7FFFFF));
	at = put_be32(at, report->highest);
	at = put_be32(at, report->jitter);
	at = put_be32(at, report->last_sender);
	at = put_be32(at, report->delay);
	memset(at, 0, description);
	uint8_t *item = put_be32(put_header(at, 1, TYPE_DESCRIPTION, description), report->from);

	item[0] = ITEM_NAME;
	item[1] = (uint8_t)length;
	memcpy(item + 2, name, length);
	return (uint32_t)(at - packet) + description;
}

int64_t rtcp_interval(uint64_t bytes_per_second, uint32_t size, bool is_first, uint32_t random)
{
	const int64_t least = is_first ? 5 * GW_NS_PER_S / 2 : 5 * GW_NS_PER_S;
	const uint64_t bytes = bytes_per_second > 0 ? bytes_per_second : 1;
	int64_t wanted = (int64_t)((uint64_t)(size + UDP_AND_IP) * SHARE_DIVISOR *
		(uint64_t)GW_NS_PER_S / bytes);

	/* A stream that barely runs: as seldom as that needs, but not for ever. */
	if (wanted > 24 * least)
		wanted = 24 * least;
	if (wanted < least)
		wanted = least;
	/* From 0.5 to 1.5 times that. */
	wanted = wanted / 2 + (int64_t)((unsigned __int128)wanted * random >> 32);
	return wanted / COMPENSATION_PERMILLE * 1000;
}
