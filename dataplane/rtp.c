#include "dataplane/rtp.h"

#include <stddef.h>

#include "core/bytes.h"

enum {
	RTP_HEADER_SIZE = 12,
	RTP_EXTENSION_HEADER_SIZE = 4,
};

enum gw_drop rtp_parse(const uint8_t *data, uint32_t size, struct rtp_packet *rtp)
{
	if (size < RTP_HEADER_SIZE)
		return GW_DROP_RTP_SHORT;
	if (data[0] >> 6 != 2)
		return GW_DROP_RTP_VERSION;
	uint32_t header = RTP_HEADER_SIZE + (data[0] & 15u) * 4; /* contributing sources */

	rtp->marker = data[1] >> 7;
	rtp->payload_type = data[1] & 0x7F;
	rtp->sequence = read_be16(data + 2);
	rtp->timestamp = read_be32(data + 4);
	rtp->ssrc = read_be32(data + 8);
	rtp->extension = NULL;
	rtp->extension_size = 0;
	rtp->extension_profile = 0;
	if (data[0] & 0x10) {
		if (header + RTP_EXTENSION_HEADER_SIZE > size)
			return GW_DROP_RTP_SHORT;
		rtp->extension_profile = read_be16(data + header);
		rtp->extension_size = read_be16(data + header + 2) * 4u;
		header += RTP_EXTENSION_HEADER_SIZE;
		rtp->extension = data + header;
		header += rtp->extension_size;
	}
	if (header > size)
		return GW_DROP_RTP_SHORT;
	if (data[0] & 0x20) {
		/* The last byte says how many bytes of padding there are, itself included. */
		uint32_t padding = size > header ? data[size - 1] : 0;

		if (padding == 0 || padding > size - header)
			return GW_DROP_RTP_PADDING;
		size -= padding;
	}
	rtp->payload = data + header;
	rtp->size = size - header;
	return GW_DROP_NONE;
}
