#include "gwgen/report.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "gwgen/put.h"

#define SENDER_REPORT 200
#define DESCRIPTION 202
#define CNAME 1
#define NTP_AT_1970 2208988800u /* seconds from 1900 to 1970 */

static uint8_t *put_sender_report(const struct camera *camera, int64_t utc_ns, uint8_t *out)
{
	const uint64_t fraction = ((uint64_t)(utc_ns % GW_NS_PER_S) << 32) / GW_NS_PER_S;

	out = put16(put8(put8(out, 0x80), SENDER_REPORT), 6);
	out = put32(put32(out, camera->ssrc), (uint32_t)(utc_ns / GW_NS_PER_S) + NTP_AT_1970);
	out = put32(put32(out, (uint32_t)fraction), camera_timestamp(camera));
	return put32(put32(out, camera->packets), camera->octets);
}

/* One chunk: the name, and zero bytes to the next word (RFC 3550, 6.5). */
static uint8_t *put_description(const struct camera *camera, uint8_t *out)
{
	char name[64], address[NETWORK_TEXT];
	const uint32_t length = (uint32_t)snprintf(name, sizeof(name), "gwgen@%s",
		network_text(&camera->network, camera->network.source, address));
	const uint32_t words = 1 + (2 + length) / 4 + 1;

	out = put16(put8(put8(out, 0x81), DESCRIPTION), words);
	out = put32(out, camera->ssrc);
	memset(out, 0, (words - 1) * 4);
	put8(put8(out, CNAME), length);
	memcpy(out + 2, name, length);
	return out + (words - 1) * 4;
}

uint32_t report_write(const struct camera *camera, int64_t utc_ns, bool same_port, uint8_t *out)
{
	struct network network = camera->network;
	uint8_t rtcp[128];
	const uint32_t size =
		(uint32_t)(put_description(camera, put_sender_report(camera, utc_ns, rtcp)) - rtcp);

	if (!same_port) {
		network.port++;
		network.source_port++;
	}
	uint8_t *payload = network_put(&network, out, size);

	memcpy(payload, rtcp, size);
	network_finish(&network, payload, size, network_sum(0, payload, size));
	return (uint32_t)(payload - out) + size;
}
